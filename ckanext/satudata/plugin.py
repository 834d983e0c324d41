"""The only door to CKAN: interfaces and blankets, no logic."""
from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from types import ModuleType
from typing import Any

import ckan.plugins as p
from ckan.common import CKANConfig

from ckanext.satudata.access import computed, deciding, doors, index, opinions, queue, saving, why
from ckanext.satudata.access.inspection import running
from ckanext.satudata.access.inspection import steps as inspection_steps
from ckanext.satudata.access.inspection import store as inspections
from ckanext.satudata.access.plugin_hooks import DatasetHooks, ReaderHooks
from ckanext.satudata.deposits import bulk, bundles, inspected, many, owed, steps
from ckanext.satudata.deposits import why as deposit_why
from ckanext.satudata.deposits.released import released
from ckanext.satudata.journal import asked, events, jobs, work
from ckanext.satudata.letters import reading as letters
from ckanext.satudata.opd import notices
from ckanext.satudata.opd.plugin_hooks import OfficeHooks
from ckanext.satudata.report import files as report_files
from ckanext.satudata.report import paper_making, papers
from ckanext.satudata.translation import Catalogues

tk = p.toolkit

#: Rooms in the order in which data walks through them.
ROOMS = ("journal", "schema", "opd", "access", "deposits", "report", "letters", "changes", "portal")


def _modules(name: str) -> list[ModuleType]:
    found = []
    for room in ROOMS:
        path = f"ckanext.satudata.{room}.{name}"
        if importlib.util.find_spec(path):
            found.append(importlib.import_module(path))
    return found


def _public(name: str) -> Callable[[], dict[str, Callable[..., Any]]]:
    """What the modules of this name offer in all rooms, by their ``__all__``."""
    return lambda: {
        key: getattr(module, key) for module in _modules(name) for key in module.__all__
    }


@tk.blanket.actions(lambda: {**asked.screened(_public("action")()), **doors.actions()})
@tk.blanket.auth_functions(_public("auth"))
@tk.blanket.validators(_public("validators"))
@tk.blanket.helpers(_public("helpers"))
@tk.blanket.config_declarations
class SatudataPlugin(OfficeHooks, DatasetHooks, ReaderHooks, Catalogues, p.SingletonPlugin):
    """Satu Data Indonesia for a stock CKAN."""

    p.implements(p.IConfigurer, inherit=True)
    p.implements(p.IBlueprint)
    p.implements(p.IClick)
    p.implements(p.IGroupController, inherit=True)
    p.implements(p.IOrganizationController, inherit=True)
    p.implements(p.IPackageController, inherit=True)
    p.implements(p.IPermissionLabels)
    p.implements(p.ITranslation)

    def update_config(self, config: CKANConfig) -> None:
        saving.STEPS[:] = [inspection_steps, steps]
        computed.PROVIDERS[:] = [released]
        deciding.FOLLOWERS[:] = [steps.after_dataset_decided]
        opinions.PRIORITY[:] = [steps.is_priority]
        queue.DUE[:] = [owed.due_of_dataset]
        deciding.HOLDERS[:] = [steps.hold]
        why.PARTS[:], why.OTHERS[:] = [deposit_why.of_dataset], [deposit_why.of_deposit]
        why.RELATED[:] = [deposit_why.objects]
        report_files.DONE[:] = [letters.done]
        work.HANDLERS[index.OWED] = index.repair
        work.HANDLERS[jobs.OWED] = jobs.carry_out
        jobs.RUNNERS[bulk.KIND] = bulk.RUNNER
        jobs.RUNNERS[many.KIND] = many.RUNNER
        work.HANDLERS[bundles.FORGET] = bundles.forget
        work.HANDLERS[events.TELL] = notices.tell_event
        work.HANDLERS[notices.MAIL] = notices.mail
        for module in _modules("notices"):
            notices.TELLERS.update(module.TELLERS)
        events.TOLD.update(notices.TELLERS)
        work.HANDLERS[inspections.OWED] = work.HANDLERS[inspections.LINK] = running.carry_out
        work.LAST.add(inspections.LINK)
        work.HANDLERS[papers.OWED] = paper_making.make
        running.PREVIOUS[:] = [inspected.previous]
        running.FOLLOWERS[:] = [inspection_steps.hide]
        running.CHANGED[:] = [inspection_steps.link_changed]
        tk.add_template_directory(config, "templates")
        tk.add_resource("assets", "satudata")

    def get_blueprint(self) -> list[Any]:
        return [blueprint for module in _modules("views") for blueprint in module.blueprints()]

    def get_commands(self) -> list[Any]:
        return [command for module in _modules("cli") for command in module.commands()]
