//! Whether incidents can be kept.

use std::io::ErrorKind;
use std::path::Path;

use super::Line;
use crate::ports::{Store, Tried};

/// Whether a store takes, gives and deletes something small, part by part. `principal` is whom a missing role has to be
/// given to.
pub async fn lines(store: &dyn Store, principal: Option<&str>) -> Vec<Line> {
    store.tried().await.into_iter().map(|tried| line(tried, principal.unwrap_or("IDENTITY"))).collect()
}

fn line(tried: Tried, principal: &str) -> Line {
    let what = format!("store, {}", tried.part);
    match tried.found {
        Ok(says) => Line::good(what, says),
        Err(why) => {
            let line = Line::missing(what, why);
            match (tried.role, tried.account) {
                (Some(role), Some(account)) => line.mended_by(format!(
                    "az role assignment create --assignee {principal} --role '{role}' --scope \
                     $(az storage account show --name {account} --query id --output tsv)"
                )),
                _ => line,
            }
        }
    }
}

/// Whether a file of the embedded store can be written, or made.
#[must_use]
pub fn file(path: &Path) -> Line {
    let what = "store";
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let shown = path.display();
    if let Err(error) = std::fs::OpenOptions::new().read(true).write(true).open(path)
        && error.kind() != ErrorKind::NotFound
    {
        return Line::missing(what, format!("{shown} cannot be written: {error}"))
            .mended_by(format!("chown \"$USER\" {shown}"));
    }
    // SQLite makes files beside it.
    match tempfile_in(folder) {
        Ok(()) if path.exists() => Line::good(what, format!("{shown} is there and can be written")),
        Ok(()) => Line::good(what, format!("{shown} can be made")),
        Err(error) => Line::missing(what, format!("nothing can be written in {}: {error}", folder.display()))
            .mended_by(format!("mkdir -p {0} && chmod u+rwx {0}", folder.display())),
    }
}

fn tempfile_in(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".agw-check-{:016x}", fastrand::u64(..)));
    std::fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    std::fs::remove_file(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &Path) -> String {
        let folder = path.parent().unwrap().display().to_string();
        file(path).to_string().replace(&folder, "FOLDER")
    }

    #[test]
    fn a_file_that_is_there_or_can_be_made_will_do_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agw.db");
        insta::assert_snapshot!(told(&path), @"ok       store: FOLDER/agw.db can be made");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        std::fs::write(&path, "").unwrap();
        insta::assert_snapshot!(told(&path), @"ok       store: FOLDER/agw.db is there and can be written");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nowhere").join("agw.db");
        insta::assert_snapshot!(told(&path), @"missing  store: nothing can be written in FOLDER: No such file or directory (os error 2) → mkdir -p FOLDER && chmod u+rwx FOLDER");
    }

    #[test]
    fn a_role_that_is_missing_is_named_with_its_command() {
        let tried = Tried {
            part: "blobs",
            found: Err("the bot's identity needs the role Storage Blob Data Contributor".to_owned()),
            role: Some("Storage Blob Data Contributor"),
            account: Some("stagw".to_owned()),
        };
        insta::assert_snapshot!(line(tried, "c-1"), @"missing  store, blobs: the bot's identity needs the role Storage Blob Data Contributor → az role assignment create --assignee c-1 --role 'Storage Blob Data Contributor' --scope $(az storage account show --name stagw --query id --output tsv)");
    }
}
