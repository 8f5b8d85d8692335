# What tests/contract/standard serves in the name of this source, as long as the sandbox does not: path → file.
api/records: fixture.json
