"""The portal on one machine: every part from the package registries, all state in `.sandbox/`.

This package is the launcher behind `./satudata`. It uses the standard library alone, because
it runs before anything is installed; the parts themselves live in virtual environments that
it makes.
"""
