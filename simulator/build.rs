//! Lists the scenario files, so that a new one is built in by being there.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let scenarios = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("scenarios");
    let mut code = String::new();
    for (name, folder) in [("BUILT_IN", scenarios.clone()), ("BASES", scenarios.join("bases"))] {
        println!("cargo::rerun-if-changed={}", folder.display());
        writeln!(code, "pub(super) const {name}: &[(&str, &str)] = &[")?;
        for file in files(&folder)? {
            let path = folder.join(&file);
            writeln!(code, "    ({file:?}, include_str!({path:?})),")?;
        }
        writeln!(code, "];")?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("files.rs"), code)?;
    Ok(())
}

/// The names of the TOML files in a folder, in their order.
fn files(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name =
            entry?.file_name().into_string().map_err(|name| format!("the name of {name:?} is no text"))?;
        files.extend(name.ends_with(".toml").then_some(name));
    }
    files.sort_unstable();
    Ok(files)
}
