"""Great Expectations: suites as code, the gate, stored results."""
