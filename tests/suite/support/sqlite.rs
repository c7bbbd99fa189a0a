//! SQLite file for each test.

use tempfile::TempDir;

/// SQLite file that is removed with the value.
pub struct SqliteDatabase {
    directory: TempDir,
    /// Connection URL.
    pub url: String,
}

impl SqliteDatabase {
    /// Creates a file with this content, or only its directory.
    pub fn new(content: Option<&[u8]>) -> Self {
        let directory =
            tempfile::Builder::new().prefix("kinoteka-").tempdir().expect("a temporary directory");
        let file = directory.path().join("kinoteka.db");
        if let Some(content) = content {
            std::fs::write(&file, content).expect("writing the file");
        }
        let url = format!("sqlite://{}", file.display());
        Self { directory, url }
    }

    /// Directory of the file.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }
}
