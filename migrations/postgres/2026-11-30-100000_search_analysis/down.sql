DROP TABLE derived_versions;

UPDATE schema_version SET version = 4, fingerprint = '90a3f74b307e098f06596048667ec3cd6d295cbcb7eca3d653d6cb08114f98d1', oldest_compatible = 4;
