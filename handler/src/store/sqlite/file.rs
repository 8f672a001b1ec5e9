//! The file: who may read it, and how SQLite treats it.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::fault::Fault;
use super::schema;

/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait before trying again where SQLite does not wait.
const PAUSE: Duration = Duration::from_millis(20);
/// The statements that a connection keeps compiled: all of them.
const STATEMENTS: usize = 64;

/// Opens the file for reading and writing, with the tables that this version wants.
pub(super) fn open(path: &Path) -> Result<Connection, Fault> {
    make_private(path)?;
    patiently(|| prepare(path))
}

/// Tries again while others open the file too: SQLite does not wait for every lock that this takes.
fn patiently(open: impl Fn() -> Result<Connection, Fault>) -> Result<Connection, Fault> {
    let start = Instant::now();
    loop {
        match open() {
            Err(Fault::Sqlite(error))
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && start.elapsed() < PATIENCE =>
            {
                thread::sleep(PAUSE);
            }
            opened => return opened,
        }
    }
}

fn prepare(path: &Path) -> Result<Connection, Fault> {
    let mut db = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    db.busy_timeout(PATIENCE)?;
    // Before anything is written: another program's database stays as it is.
    schema::check(&db.unchecked_transaction()?, path)?;
    use_log(&db)?;
    configure(&db)?;
    schema::migrate(&mut db, path)?;
    Ok(db)
}

/// Opens the file once more, beside [`open()`], for reading.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, Fault> {
    let db = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    db.busy_timeout(PATIENCE)?;
    db.pragma_update(None, "query_only", true)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(db)
}

/// A database without a file.
pub(super) fn in_memory() -> Result<Connection, Fault> {
    let mut db = Connection::open_in_memory()?;
    configure(&db)?;
    schema::migrate(&mut db, Path::new(":memory:"))?;
    Ok(db)
}

/// Flushes the disk at a commit if `flushed`, and leaves that to the system otherwise.
pub(super) fn flush_at_commit(db: &Connection, flushed: bool) -> Result<(), Fault> {
    Ok(db.pragma_update(None, "synchronous", if flushed { "FULL" } else { "NORMAL" })?)
}

fn flags(access: OpenFlags) -> OpenFlags {
    // One thread has the connection, so SQLite need not lock it; and `file:` in a path is just a name.
    access | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// A write-ahead log: readers do not wait for writers, and a commit is one write and one flush.
fn use_log(db: &Connection) -> Result<(), Fault> {
    let mode: String = db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        tracing::warn!(
            mode,
            "the database's file system has no room for a write-ahead log; writes will be slow"
        );
    }
    Ok(())
}

fn configure(db: &Connection) -> Result<(), Fault> {
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    flush_at_commit(db, true)?;
    // Where `fsync` leaves data in the drive's cache, as on macOS, ask for more.
    db.pragma_update(None, "fullfsync", true)?;
    db.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is gone, and not only forgotten: a finished request had a way to answer somebody in it.
    db.pragma_update(None, "secure_delete", true)?;
    Ok(())
}

/// Creates the file if need be, and makes sure that only its owner can read it. SQLite gives its log the
/// same mode.
fn make_private(path: &Path) -> Result<(), Fault> {
    let mut new = OpenOptions::new();
    new.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    match new.open(path) {
        Ok(_) => flush_folder(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => restrict(path),
        Err(error) => Err(error.into()),
    }
}

/// Makes the file's name survive a power cut.
fn flush_folder(path: &Path) -> Result<(), Fault> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) {
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(unix)]
fn restrict(path: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt;
    let found = std::fs::metadata(path)?.permissions().mode();
    if found & 0o077 != 0 {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> Result<(), Fault> {
    Ok(())
}
