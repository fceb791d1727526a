//! The versions of the journal's tables, and the steps from each to the next. A new journal takes all of them. This
//! module must not know what the tables are for.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// The version that this program reads and writes.
pub(super) const VERSION: u32 = 8;
/// The steps, each from the version before it.
const STEPS: [&str; VERSION as usize] = [
    include_str!("1.sql"),
    include_str!("2.sql"),
    include_str!("3.sql"),
    include_str!("4.sql"),
    include_str!("5.sql"),
    include_str!("6.sql"),
    include_str!("7.sql"),
    include_str!("8.sql"),
];
/// Marks the file as a journal of this program: `thpy` in ASCII. Version 1 had no mark.
const APPLICATION: i64 = 0x7468_7079;
/// The columns of all tables, with their types and constraints, as lines of text.
const COLUMNS: &str = "SELECT coalesce(group_concat(line, char(10)), '') FROM (SELECT format('%s %s %s %d %d', \
                       \"table\".name, \"column\".name, \"column\".type, \"notnull\", pk) AS line \
                       FROM sqlite_schema AS \"table\", pragma_table_info(\"table\".name) AS \"column\" \
                       WHERE \"table\".type = 'table' AND \"table\".name NOT LIKE 'sqlite%' ORDER BY line)";

/// What a database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing yet.
    Nothing,
    /// A journal of this version.
    Journal(u32),
    /// Something else.
    Foreign,
}

/// Looks at a database without changing it.
pub(super) fn content(connection: &Connection) -> rusqlite::Result<Content> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (mark, version) = (number("application_id")?, number("user_version")?);
    Ok(match (mark, u32::try_from(version)) {
        (0, Ok(0)) if columns(connection)?.is_empty() => Content::Nothing,
        (0, Ok(1)) if is_first(connection)? => Content::Journal(1),
        (APPLICATION, Ok(version @ 2..)) => Content::Journal(version),
        _ => Content::Foreign,
    })
}

/// Whether the database has the tables of version 1. Others may have tables of the same names.
fn is_first(connection: &Connection) -> rusqlite::Result<bool> {
    let first = Connection::open_in_memory()?;
    first.execute_batch(STEPS[0])?;
    Ok(columns(connection)? == columns(&first)?)
}

fn columns(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row(COLUMNS, [], |row| row.get(0))
}

/// Takes the steps after version `from`, all of them or none.
pub(super) fn bring_up(connection: &Connection, from: u32) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let is_at = if let Content::Journal(version) = content(connection)? { version } else { from };
    for step in STEPS.iter().skip(is_at as usize) {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
