//! What a finished package is, in a few lines, and what to do with it next.

use std::{fmt::Write, path::Path};

use anyhow::Result;

use super::{LARGEST_ZIP, Package, bytes, functions::EXECUTABLE};

/// The lines that close the run.
pub(super) fn of(package: &Package, config: Option<&Path>) -> Result<String> {
    let program = bytes(&package.folder.join(EXECUTABLE))?;
    let zip = bytes(&package.zip)?;
    let version = package.version.as_deref().unwrap_or("agw, which cannot be started on this machine");
    let policy = config.map_or_else(
        || "none: nobody may approve, and the bot only looks and explains".to_owned(),
        |file| file.display().to_string(),
    );
    let mut lines = String::new();
    writeln!(
        lines,
        "program    {version}: {}, runs with glibc {} and newer",
        megabytes(program),
        package.glibc
    )?;
    writeln!(lines, "policy     {policy}")?;
    for (index, function) in package.app.functions.iter().enumerate() {
        let title = if index == 0 { "functions" } else { "" };
        writeln!(lines, "{title:10} {:20} {}", function.name, function.started_by(&package.app.host))?;
    }
    writeln!(lines, "folder     {}", from_here(&package.folder).display())?;
    let file = from_here(&package.zip).display();
    writeln!(lines, "zip        {file}: {} of at most {}", megabytes(zip), megabytes(LARGEST_ZIP))?;
    writeln!(lines, "\nDeploy it:")?;
    let command = "az functionapp deployment source config-zip --resource-group GROUP --name APP --src";
    write!(lines, "  {command} {file}")?;
    Ok(lines)
}

/// A path as one would type it here.
fn from_here(path: &Path) -> &Path {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path)
}

fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::megabytes;

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!(megabytes(12_000_000), "12.0 MB");
        assert_eq!(megabytes(4_100_001), "4.2 MB");
    }
}
