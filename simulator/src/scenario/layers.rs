//! From a file, and the files it extends, to a scenario.

use std::time::Duration;

use serde_json::Value;
use toml::Spanned;

use super::{
    BASES, BUILT_IN, Scenario, ScenarioError, adopt, edit,
    file::{AnswerText, Edit, File, Source, Words},
    spec::{Answer, BackendSpec},
};
use crate::{json::text, resource};

/// How many files may extend one another. Nobody needs more, and a circle ends here.
const DEPTH: usize = 8;

/// A file that was read, and its text.
type Layer = (Source, File);

/// Reads a scenario.
pub(super) fn read(name: &str, content: &str) -> Result<Scenario, ScenarioError> {
    let own = Source::read(name, content)?;
    let bases = bases(&own)?;
    let all = || std::iter::once(&own).chain(&bases);
    let gateway = all().find_map(|(source, file)| Some((source, file.gateway.as_ref()?)));
    let (source, block) = gateway.ok_or_else(|| own.0.error(0, 0, "missing field `gateway`"))?;
    // The placeholders need the name, so the text is read for it first.
    let unnamed = source.json(block, "the gateway", &Words { gateway: "{gateway}".to_owned() })?;
    let Some(gateway) = text(&unnamed, "/name") else {
        return Err(source.error(block.span().start, 0, "the gateway has no name"));
    };
    let mut merged = Merged::new(Words::of(gateway));
    // The file that the others rest on comes first.
    for (source, file) in bases.iter().rev().chain(std::iter::once(&own)) {
        merged.documents(source, file)?;
    }
    let (source, mut file) = own;
    bases.into_iter().for_each(|(_, base)| file.inherit(base));
    merged.scenario(&source, file)
}

/// The file that this one extends, the one which that extends, and so on.
fn bases(own: &Layer) -> Result<Vec<Layer>, ScenarioError> {
    let mut bases: Vec<Layer> = Vec::new();
    while let (source, File { extends: Some(base), .. }) = bases.last().unwrap_or(own) {
        let failed = |message: String| source.error(base.span().start, 0, message);
        if bases.len() == DEPTH {
            return Err(failed(format!("more than {DEPTH} files extend one another")));
        }
        let wanted = format!("{}.toml", base.get_ref());
        let found = BUILT_IN.iter().chain(BASES).find(|(file, _)| *file == wanted);
        let (file, text) = found
            .ok_or_else(|| failed(format!("there is no scenario or base `{}` to extend", base.get_ref())))?;
        bases.push(Source::read(file, text)?);
    }
    Ok(bases)
}

impl File {
    /// Takes from the base what this file does not say. Documents are merged elsewhere.
    fn inherit(&mut self, base: Self) {
        fn fill<T>(own: &mut Option<T>, base: Option<T>) {
            if own.is_none() {
                *own = base;
            }
        }
        fill(&mut self.locks, base.locks);
        fill(&mut self.denied, base.denied);
        fill(&mut self.allowed, base.allowed);
        fill(&mut self.no_health_data, base.no_health_data);
        fill(&mut self.legacy_tls, base.legacy_tls);
        fill(&mut self.backends, base.backends);
        fill(&mut self.says, base.says);
        fill(&mut self.front, base.front);
        for (name, to) in base.dns {
            self.dns.entry(name).or_insert(to);
        }
        for (name, port) in base.ports {
            self.ports.entry(name).or_insert(port);
        }
    }
}

/// The documents of all files read so far.
struct Merged {
    words: Words,
    gateway: Value,
    resources: Vec<Value>,
    answers: Vec<Answer>,
}

impl Merged {
    fn new(words: Words) -> Self {
        Self { words, gateway: Value::Null, resources: Vec::new(), answers: Vec::new() }
    }

    /// Takes in what one more file says.
    fn documents(&mut self, source: &Source, file: &File) -> Result<(), ScenarioError> {
        if let Some(block) = &file.gateway {
            self.gateway = source.json(block, "the gateway", &self.words)?;
        }
        for block in &file.resources {
            self.resource(source, block)?;
        }
        for answer in &file.answers {
            self.answer(source, answer)?;
        }
        for edit in &file.set {
            let failed = |message: String| source.error(edit.span().start, 0, message);
            self.edit(edit.get_ref()).map_err(failed)?;
        }
        Ok(())
    }

    fn resource(&mut self, source: &Source, block: &Spanned<String>) -> Result<(), ScenarioError> {
        let resource = source.json(block, "the resource", &self.words)?;
        let Some(id) = text(&resource, "/id") else {
            return Err(source.error(block.span().start, 0, "the resource has no id"));
        };
        let known = |known: &&mut Value| text(known, "/id").is_some_and(|it| it.eq_ignore_ascii_case(id));
        match self.resources.iter_mut().find(known) {
            Some(known) => *known = resource,
            None => self.resources.push(resource),
        }
        Ok(())
    }

    fn answer(&mut self, source: &Source, answer: &AnswerText) -> Result<(), ScenarioError> {
        let start = answer.body.span().start;
        let path = self.words.text(&answer.path).map_err(|message| source.error(start, 0, message))?;
        if !path.starts_with('/') {
            let message = format!("the path of the answer, `{path}`, does not begin with a slash");
            return Err(source.error(start, 0, message));
        }
        let answer = Answer {
            method: answer.method,
            path: path.trim_end_matches('/').to_owned(),
            contains: answer.contains.clone(),
            status: answer.status,
            body: source.json(&answer.body, "the answer", &self.words)?,
            delay: Duration::from_millis(answer.delay_ms),
        };
        self.answers.retain(|known| known.key() != answer.key());
        self.answers.push(answer);
        Ok(())
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), String> {
        let place = self.words.text(&edit.document)?;
        let document = if place == "gateway" {
            Some(&mut self.gateway)
        } else {
            let answers = self.answers.iter_mut().filter(|answer| answer.path.eq_ignore_ascii_case(&place));
            let found = self.resources.iter_mut().find_map(|resource| edit::find(resource, &place));
            found.or_else(|| answers.map(|answer| &mut answer.body).next())
        };
        let document = document.ok_or_else(|| format!("there is no resource or answer `{place}` to edit"))?;
        edit::apply(document, edit, &self.words)
    }

    fn scenario(self, source: &Source, file: File) -> Result<Scenario, ScenarioError> {
        let id = self.words.gateway.clone();
        let start = file.gateway.as_ref().map_or(0, |block| block.span().start);
        resource::validate(&self.gateway, &id, &Value::Null).map_err(|error| {
            let (code, message) = error.sharpest();
            source.error(start, 0, format!("this gateway cannot be staged: {code}: {message}"))
        })?;
        let missing = |field: &str| source.error(0, 0, format!("missing field `{field}`"));
        let mut locks = file.locks.unwrap_or_default();
        for lock in &mut locks {
            lock.scope = self.words.text(&lock.scope).map_err(|message| source.error(0, 0, message))?;
        }
        Ok(Scenario {
            name: file.name.ok_or_else(|| missing("name"))?,
            title: file.title.ok_or_else(|| missing("title"))?,
            summary: file.summary.ok_or_else(|| missing("summary"))?.trim().to_owned(),
            truth: file.truth.ok_or_else(|| missing("truth"))?,
            gateway: adopt(self.gateway, &id, &Value::Null),
            gateway_id: id,
            resources: self.resources,
            answers: self.answers,
            locks,
            denied: file.denied.unwrap_or_default(),
            allowed: file.allowed,
            no_health_data: file.no_health_data.unwrap_or_default(),
            legacy_tls: file.legacy_tls.unwrap_or_default(),
            backends: file.backends.unwrap_or_default().into_iter().flat_map(BackendSpec::each).collect(),
            says: file.says.unwrap_or_default(),
            front: file.front,
            dns: file.dns,
            ports: file.ports.into_iter().map(|(listener, port)| (listener.to_lowercase(), port)).collect(),
        })
    }
}
