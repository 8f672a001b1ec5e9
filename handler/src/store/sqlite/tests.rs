//! What is special about SQLite; what every store has to do is in [`crate::store::conformance`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::incident::Entry;
use futures::future::join_all;
use jiff::SignedDuration;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{SqliteStore, moment};
use crate::ports::{Opened, Reception, Saved, Store, StoreError, Wake, Wakeups};
use crate::store::conformance::{Subject, at, gateway, incident, incident_id, request};

mod in_a_file {
    use super::{SqliteStore, Subject, place};
    crate::store::conformance::conforms!({
        let (folder, path) = place();
        Subject::of(SqliteStore::open(&path).unwrap(), folder)
    });
}

mod in_memory {
    use super::{SqliteStore, Subject};
    crate::store::conformance::conforms!(Subject::of(SqliteStore::in_memory().unwrap(), ()));
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agw.db");
    (folder, path)
}

fn told(error: &StoreError) -> String {
    error.to_string()
}

/// A connection as any SQLite client makes it.
fn client(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let (_folder, path) = place();
    let (asked, opened) = (request("one", 0), incident("INC-AAAA", "agw-shop", 0));
    let store = SqliteStore::open(&path).unwrap();
    store.accept(&asked).await.unwrap();
    store.postpone_request(&asked.id, at(5)).await.unwrap();
    store.open(&opened).await.unwrap();
    store.wake(&Wake::Incident(opened.id.clone()), at(7)).await.unwrap();
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.request(&asked.id).await.unwrap().as_ref(), Some(&asked));
    assert_eq!(store.postpone_request(&asked.id, at(5)).await.unwrap(), 2);
    assert_eq!(store.load(&opened.id).await.unwrap().unwrap().0, opened);
    assert_eq!(store.take(at(7)).await.unwrap(), [Wake::Incident(opened.id)]);
}

#[tokio::test]
async fn what_was_answered_is_in_the_files_already() {
    let (folder, path) = place();
    let store = SqliteStore::open(&path).unwrap();
    let asked = request("one", 0);
    store.accept(&asked).await.unwrap();
    // What a machine that stopped right now would find.
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    std::fs::copy(path.with_extension("db-wal"), folder.path().join("copy.db-wal")).unwrap();
    let found = SqliteStore::open(&copy).unwrap();
    assert_eq!(found.request(&asked.id).await.unwrap(), Some(asked));
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = place();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let store = SqliteStore::open(&path).unwrap();
    store.accept(&request("one", 0)).await.unwrap();
    for extension in ["db", "db-wal", "db-shm"] {
        assert_eq!(mode(&path.with_extension(extension)), 0o600, "{extension}");
    }
    drop(store);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let _store = SqliteStore::open(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn another_programs_database_is_left_alone() {
    let (_folder, path) = place();
    client(&path).execute_batch("CREATE TABLE notes (text)").unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = told(&SqliteStore::open(&path).unwrap_err());
    assert!(error.ends_with("agw.db is the database of another program"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_no_database_is_refused() {
    let (folder, path) = place();
    std::fs::write(&path, "not a database, but a text that is long enough for a header").unwrap();
    assert_eq!(
        told(&SqliteStore::open(&path).unwrap_err()),
        "the store failed to open the database: file is not a database"
    );
    let nowhere = folder.path().join("no/such/folder/agw.db");
    assert_eq!(
        told(&SqliteStore::open(&nowhere).unwrap_err()),
        "the store failed to open the database: No such file or directory (os error 2)"
    );
}

#[tokio::test]
async fn a_file_of_the_first_form_is_brought_up_to_date() {
    let (_folder, path) = place();
    let (db, opened) = (client(&path), incident("INC-AAAA", "agw-shop", 0));
    db.execute_batch(include_str!("schema/1.sql")).unwrap();
    db.pragma_update(None, "application_id", super::schema::APPLICATION_ID).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    let doc = serde_json::to_string(&opened).unwrap();
    db.execute("INSERT INTO incidents VALUES ('INC-AAAA', 'agw-shop', 1, 1, 0, 0, ?1)", [doc]).unwrap();
    drop(db);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.trail(&opened.id).await.unwrap(), opened.timeline);
    let (mut changed, version) = store.load(&opened.id).await.unwrap().unwrap();
    changed.timeline.push(Entry::new(at(1), "later"));
    assert_eq!(store.save(&changed, version).await.unwrap(), Saved::Yes);
    assert_eq!(store.trail(&opened.id).await.unwrap(), changed.timeline);
    assert_eq!(client(&path).pragma_query_value(None, "user_version", |row| row.get(0)), Ok(3));
}

#[tokio::test]
async fn hints_are_kept_to_the_microsecond() {
    let store = SqliteStore::in_memory().unwrap();
    let (one, two) = (Wake::Request(request("one", 0).id), Wake::Incident(incident_id("INC-AAAA")));
    assert_eq!(store.next().await.unwrap(), None);
    let due = at(0) + SignedDuration::from_nanos(1_234_567);
    store.wake(&two, at(20)).await.unwrap();
    store.wake(&one, due).await.unwrap();
    assert_eq!(store.take(due - SignedDuration::from_nanos(1)).await.unwrap(), []);
    let next = store.next().await.unwrap().unwrap();
    assert!(next >= due && next < due + SignedDuration::from_micros(1));
    assert_eq!(store.take(next).await.unwrap(), [one]);
    assert_eq!(store.next().await.unwrap(), Some(at(20)));
    assert_eq!(store.take(at(20)).await.unwrap(), [two]);
    assert_eq!(store.next().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_of_another_process_is_noticed() {
    let (_folder, path) = place();
    let (here, there) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    let waiting = tokio::spawn(async move { here.wait(at(0), Duration::from_secs(60)).await });
    there.wake(&Wake::Incident(incident_id("INC-AAAA")), at(0)).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_read_does_not_keep_a_waiter_busy() {
    let (_folder, path) = place();
    let store = SqliteStore::open(&path).unwrap();
    client(&path).execute_batch("DROP TABLE wakeups").unwrap();
    let begun = std::time::Instant::now();
    store.wait(at(0), Duration::from_millis(30)).await;
    assert!(begun.elapsed() >= Duration::from_millis(30));
}

#[test]
fn a_newer_form_is_refused() {
    let (_folder, path) = place();
    drop(SqliteStore::open(&path).unwrap());
    client(&path).pragma_update(None, "user_version", 7).unwrap();
    let error = told(&SqliteStore::open(&path).unwrap_err());
    assert!(error.contains("was written by a newer version"), "{error}");
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_named() {
    let (_folder, path) = place();
    let store = SqliteStore::open(&path).unwrap();
    let (asked, opened) = (request("one", 0), incident("INC-AAAA", "agw-shop", 0));
    store.accept(&asked).await.unwrap();
    store.open(&opened).await.unwrap();
    client(&path).execute_batch("UPDATE incidents SET doc = '{}'; UPDATE requests SET body = '{}'").unwrap();
    let unreadable = "is stored in a form that this version of the program cannot read: missing field `id`";
    let error = told(&store.load(&opened.id).await.unwrap_err());
    assert!(
        error.starts_with(&format!(
            "the store failed to read an incident: the incident INC-AAAA {unreadable}"
        ))
    );
    let error = told(&store.open_incidents().await.unwrap_err());
    assert!(error.contains("the incident INC-AAAA"), "{error}");
    let error = told(&store.request(&asked.id).await.unwrap_err());
    assert!(error.contains(&format!("the request {} {unreadable}", asked.id)), "{error}");
    let still = store.due(at(0)).await.unwrap();
    assert_eq!(still.len(), 2, "it stays, and is due");
}

#[tokio::test]
async fn a_finished_request_is_forgotten_after_a_day() {
    let store = SqliteStore::in_memory().unwrap();
    let asked = request("one", 0);
    store.accept(&asked).await.unwrap();
    store.take(at(100)).await.unwrap();
    store.finish_request(&asked.id).await.unwrap();
    store.due(at(24 * 3600 + 100)).await.unwrap();
    assert_eq!(store.accept(&asked).await.unwrap(), Reception::Repeated);
    store.due(at(24 * 3600 + 101)).await.unwrap();
    assert_eq!(store.accept(&asked).await.unwrap(), Reception::New);
}

#[tokio::test]
async fn nothing_personal_stays_of_a_finished_request() {
    let (_folder, path) = place();
    let store = SqliteStore::open(&path).unwrap();
    let asked = request("one", 0);
    store.accept(&asked).await.unwrap();
    store.finish_request(&asked.id).await.unwrap();
    let body: Option<String> =
        client(&path).query_row("SELECT body FROM requests", [], |r| r.get(0)).unwrap();
    assert_eq!(body, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_write_leaves_its_neighbours() {
    let store = SqliteStore::in_memory().unwrap();
    let mut closed = incident("INC-AAAA", "agw-shop", 0);
    closed.closed_at = Some(at(1));
    store.open(&closed).await.unwrap();
    store.open(&incident("INC-BBBB", "agw-shop", 2)).await.unwrap();
    let (_, version) = store.load(&closed.id).await.unwrap().unwrap();
    closed.closed_at = None;
    let (one, two) = (request("one", 0), request("two", 0));
    let (first, reopened, second) =
        tokio::join!(store.accept(&one), store.save(&closed, version), store.accept(&two));
    assert_eq!((first.unwrap(), second.unwrap()), (Reception::New, Reception::New));
    assert_eq!(
        told(&reopened.unwrap_err()),
        "the store failed to save an incident: UNIQUE constraint failed: incidents.gateway"
    );
    assert!(store.request(&one.id).await.unwrap().is_some());
    assert!(store.request(&two.id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_share_a_file() {
    let (_folder, path) = place();
    let (here, there) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    let opened = incident("INC-AAAA", "agw-shop", 0);
    assert_eq!(here.accept(&request("one", 0)).await.unwrap(), Reception::New);
    assert_eq!(there.accept(&request("one", 0)).await.unwrap(), Reception::Repeated);
    assert_eq!(here.open(&opened).await.unwrap(), Opened::New);
    assert_eq!(there.open_for(&gateway("agw-shop")).await.unwrap(), Some(opened.id.clone()));
    let (_, version) = there.load(&opened.id).await.unwrap().unwrap();
    let (one, other) = tokio::join!(here.save(&opened, version.clone()), there.save(&opened, version));
    let mut saved = [one.unwrap(), other.unwrap()];
    saved.sort_by_key(|saved| *saved == Saved::Conflict);
    assert_eq!(saved, [Saved::Yes, Saved::Conflict]);
    here.wake(&Wake::Incident(opened.id.clone()), at(0)).await.unwrap();
    assert_eq!(there.take(at(0)).await.unwrap(), [Wake::Incident(opened.id)]);
    assert_eq!(here.take(at(0)).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 16)]
async fn many_processes_may_start_at_once() {
    let (_folder, path) = place();
    let open = |n: i64| {
        let path = path.clone();
        tokio::task::spawn_blocking(move || (n, SqliteStore::open(&path)))
    };
    let stores: Vec<_> = join_all((0..16).map(open)).await.into_iter().map(Result::unwrap).collect();
    let accepts = stores.into_iter().map(|(n, store)| async move {
        let store = Arc::new(store.unwrap());
        store.accept(&request(&n.to_string(), n)).await.unwrap()
    });
    assert!(join_all(accepts).await.into_iter().all(|reception| reception == Reception::New));
    let counted: i64 =
        client(&path).query_row("SELECT count(*) FROM requests", [], |row| row.get(0)).unwrap();
    assert_eq!(counted, 16);
}

#[tokio::test]
async fn a_path_is_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("file:a b?mode=memory#%20.db");
    SqliteStore::open(&odd).unwrap().accept(&request("one", 0)).await.unwrap();
    assert!(odd.exists());
    let memory = SqliteStore::open(Path::new(":memory:")).unwrap();
    memory.accept(&request("one", 0)).await.unwrap();
    assert!(memory.request(&request("one", 0).id).await.unwrap().is_some());
}

#[test]
fn moments_are_rounded_away_from_too_early() {
    for nanos in [-1_500i128, -1_000, -1, 0, 1, 999, 1_000, 1_001] {
        let at = jiff::Timestamp::from_nanosecond(nanos).unwrap();
        assert_eq!(i128::from(moment::floor(at)), nanos.div_euclid(1_000), "{nanos}");
        assert_eq!(i128::from(moment::ceil(at)), -(-nanos).div_euclid(1_000), "{nanos}");
    }
    assert_eq!(moment::read(moment::ceil(at(5))), at(5));
}
