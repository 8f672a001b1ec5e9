//! The folder that is deployed: the host's own files at the top, and a folder for each function.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::functions::{App, EXECUTABLE};

/// The policy of a bot that was given none.
const NO_POLICY: &str = "\
# No policy was given when this was packaged: nobody may approve, so the bot only looks and explains.
# Every key, with its default, stands in handler/agw.example.toml in the sources of agw. Package it with
# `cargo xtask package --config FILE`.
";

/// The names at the top of a package, but for the functions.
const FILES: [&str; 3] = ["host.json", EXECUTABLE, "agw.toml"];

/// What is in the folder of a function.
const FUNCTION_FILE: &str = "function.json";

/// The policy to deploy: this file's, or the one of a bot that was given none.
pub(super) fn policy(config: Option<&Path>) -> Result<String> {
    let read =
        |file: &Path| fs::read_to_string(file).with_context(|| format!("read the policy {}", file.display()));
    config.map_or_else(|| Ok(NO_POLICY.to_owned()), read)
}

/// Refuses a folder in which there is anything but an earlier package.
pub(super) fn make_room(folder: &Path) -> Result<()> {
    if let Some(strange) = stranger(folder).with_context(|| format!("look into {}", folder.display()))? {
        let (folder, strange) = (folder.display(), strange.display());
        bail!("{folder} is not an earlier package, as {strange} is in it: name another folder, or empty it");
    }
    Ok(())
}

/// Whatever in a folder no package of ours has; nothing if it can be deleted.
fn stranger(folder: &Path) -> Result<Option<PathBuf>> {
    if !folder.exists() {
        return Ok(None);
    }
    let is_package = folder.join("host.json").is_file();
    for entry in entries(folder)? {
        let ours = if entry.is_dir() { is_function(&entry)? } else { has_name(&entry, &FILES) };
        if !(is_package && ours) {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}

fn is_function(folder: &Path) -> Result<bool> {
    Ok(entries(folder)?.iter().all(|entry| has_name(entry, &[FUNCTION_FILE])))
}

fn has_name(entry: &Path, names: &[&str]) -> bool {
    entry.file_name().is_some_and(|name| names.iter().any(|known| name == *known))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    entries.collect()
}

/// Makes the folder anew.
pub(super) fn lay_out(folder: &Path, app: &App, policy: &str, program: &Path) -> Result<()> {
    // Again, as a build lies between: whoever put something there meanwhile keeps it.
    make_room(folder)?;
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("empty {}", folder.display()))?;
    }
    // First of all what says that the folder is ours, should anything go wrong after it.
    write(&folder.join("host.json"), &app.host_json)?;
    write(&folder.join("agw.toml"), policy)?;
    for function in &app.functions {
        let text = serde_json::to_string_pretty(&function.document)? + "\n";
        write(&folder.join(&function.name).join(FUNCTION_FILE), &text)?;
    }
    let executable = folder.join(EXECUTABLE);
    fs::copy(program, &executable).with_context(|| format!("copy {}", program.display()))?;
    make_executable(&executable)
}

fn write(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().context("a file lies in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    fs::write(file, text).with_context(|| format!("write {}", file.display()))
}

#[cfg(unix)]
fn make_executable(file: &Path) -> Result<()> {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};
    Ok(fs::set_permissions(file, Permissions::from_mode(0o755))?)
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<()> {
    Ok(()) // the zip says it
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{App, lay_out, make_room, policy};

    fn app() -> App {
        let function = r#"{ "work": { "bindings": [{ "type": "queueTrigger", "name": "wake" }] } }"#;
        App::parse("{}".to_owned(), function).unwrap()
    }

    fn packaged(folder: &Path) {
        let program = folder.with_file_name("program");
        fs::write(&program, "program").unwrap();
        lay_out(folder, &app(), &policy(None).unwrap(), &program).unwrap();
    }

    #[test]
    fn a_package_is_laid_out_again_and_again() {
        let place = tempfile::tempdir().unwrap();
        let dist = place.path().join("dist");
        packaged(&dist);
        fs::create_dir(dist.join("gone")).unwrap();
        fs::write(dist.join("gone/function.json"), "{}").unwrap();
        packaged(&dist);
        assert!(!dist.join("gone").exists());
        assert_eq!(fs::read_to_string(dist.join("agw")).unwrap(), "program");
        let function = fs::read_to_string(dist.join("work/function.json")).unwrap();
        assert!(function.contains("queueTrigger"));
        assert!(fs::read_to_string(dist.join("agw.toml")).unwrap().contains("nobody may approve"));
    }

    #[test]
    #[cfg(unix)]
    fn the_program_can_be_started() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        packaged(&place.path().join("dist"));
        let mode = fs::metadata(place.path().join("dist/agw")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }

    #[test]
    fn what_is_not_a_package_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let dist = place.path().join("dist");
        fs::create_dir(&dist).unwrap();
        make_room(&dist).unwrap();
        fs::write(dist.join("agw.toml"), "").unwrap();
        assert!(make_room(&dist).unwrap_err().to_string().contains("is not an earlier package"));
        fs::write(dist.join("host.json"), "{}").unwrap();
        make_room(&dist).unwrap();
        fs::create_dir(dist.join("src")).unwrap();
        fs::write(dist.join("src/index.js"), "").unwrap();
        assert!(make_room(&dist).unwrap_err().to_string().contains("src is in it"));
        assert!(dist.join("src/index.js").exists());
    }

    #[test]
    fn a_policy_that_is_not_there_is_an_error() {
        let error = policy(Some(Path::new("/no/such/agw.toml"))).unwrap_err();
        assert_eq!(error.to_string(), "read the policy /no/such/agw.toml");
    }
}
