"""Moving here from WordPress: reading its export, its HTML, and making our rows of it."""
