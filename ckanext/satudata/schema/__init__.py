"""What a dataset and an office say: scheming files, code lists, validators, completeness."""
