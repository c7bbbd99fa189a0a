DROP TABLE derived_versions;

UPDATE schema_version SET version = 4, fingerprint = 'ba5f8a90c6a1023165e926d7e4aee1d896589e8775b63b3646d3e137cf960ebc', oldest_compatible = 4;
