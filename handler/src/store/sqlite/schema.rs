//! The tables, and how older ones become today's.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::fault::Fault;

/// Tells our databases from other programs': "agw1".
pub(super) const APPLICATION_ID: i32 = 0x6167_7731;

/// One step each from an older form to the next. A step that was released is never changed.
const STEPS: [&str; 3] =
    [include_str!("schema/1.sql"), include_str!("schema/2.sql"), include_str!("schema/3.sql")];

/// The form of the tables that this version writes.
pub(super) fn newest() -> i32 {
    i32::try_from(STEPS.len()).unwrap_or(i32::MAX)
}

/// Brings the tables up to date. Two processes may do so at once: one waits for the other.
pub(super) fn migrate(db: &mut Connection, path: &Path) -> Result<(), Fault> {
    let all = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = check(&all, path)?;
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or_default()) {
        all.execute_batch(step)?;
    }
    if found < newest() {
        all.pragma_update(None, "application_id", APPLICATION_ID)?;
        all.pragma_update(None, "user_version", newest())?;
    }
    Ok(all.commit()?)
}

/// The form that is there, if it is ours and known. In a transaction, lest another process begins it while
/// we look.
pub(super) fn check(db: &Transaction<'_>, path: &Path) -> Result<i32, Fault> {
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (owner, found) = (number("application_id")?, number("user_version")?);
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let ours = owner == APPLICATION_ID || (owner == 0 && found == 0 && tables == 0);
    if !ours || found < 0 {
        Err(Fault::NotOurs(path.to_owned()))
    } else if found > newest() {
        Err(Fault::Newer { path: path.to_owned(), found, known: newest() })
    } else {
        Ok(found)
    }
}
