//! The zip of a package. The same package gives the same bytes, so that what was deployed can be compared.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use zip::{CompressionMethod, DateTime, System, ZipWriter, write::SimpleFileOptions};

use super::functions::EXECUTABLE;

/// Writes every file below the folder into a zip, sorted by name.
pub(super) fn write(folder: &Path, zip: &Path) -> Result<()> {
    let names = names(folder).with_context(|| format!("look into {}", folder.display()))?;
    let output = File::create(zip).with_context(|| format!("create {}", zip.display()))?;
    let mut writer = ZipWriter::new(BufWriter::new(output));
    for name in names {
        let contents = fs::read(folder.join(&name)).with_context(|| format!("read {name}"))?;
        writer.start_file(&*name, options(&name))?;
        writer.write_all(&contents)?;
    }
    writer.finish()?.flush().with_context(|| format!("write {}", zip.display()))
}

/// The host on Linux starts the program only if the zip says that it may.
fn options(name: &str) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::DEFAULT) // 1980-01-01, the first that a zip can say
        .system(System::Unix)
        .unix_permissions(if name == EXECUTABLE { 0o755 } else { 0o644 })
}

/// Every file below the folder, as a zip names them: with `/`, whatever the machine.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(folder.join(&inner))? {
            let entry = entry?;
            let path = inner.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                let words = path.iter().map(|word| word.to_string_lossy().into_owned());
                names.push(words.collect::<Vec<_>>().join("/"));
            }
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        path::Path,
    };

    use zip::ZipArchive;

    fn folder(place: &Path) {
        for (name, text) in [("host.json", "{}"), ("agw", "program"), ("work/function.json", "{ }")] {
            let file = place.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
    }

    #[test]
    fn files_are_sorted_and_have_their_modes() {
        let place = tempfile::tempdir().unwrap();
        let (dist, zip) = (place.path().join("dist"), place.path().join("dist.zip"));
        folder(&dist);
        super::write(&dist, &zip).unwrap();
        let mut archive = ZipArchive::new(File::open(zip).unwrap()).unwrap();
        let entries: Vec<_> = (0..archive.len())
            .map(|index| {
                let file = archive.by_index(index).unwrap();
                (file.name().unwrap().into_owned(), file.unix_mode().unwrap())
            })
            .collect();
        let expected = [("agw", 0o100_755), ("host.json", 0o100_644), ("work/function.json", 0o100_644)];
        assert_eq!(entries, expected.map(|(name, mode)| (name.to_owned(), mode)));
    }

    #[test]
    fn the_same_package_gives_the_same_bytes() {
        let place = tempfile::tempdir().unwrap();
        let zips = ["one", "two"].map(|name| {
            let (dist, zip) = (place.path().join(name), place.path().join(format!("{name}.zip")));
            folder(&dist);
            super::write(&dist, &zip).unwrap();
            fs::read(zip).unwrap()
        });
        assert_eq!(zips[0], zips[1]);
    }
}
