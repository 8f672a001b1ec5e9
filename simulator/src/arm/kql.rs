//! As much of the Kusto query language as it takes to pick resources.
//!
//! `resources`, any number of `where`, then `project`, `take` or `limit`. Anything else is refused with the
//! reason, so that nobody takes an answer for more than it is.

use serde_json::{Map, Value};

/// A question about resources.
#[derive(Debug, PartialEq)]
pub(super) struct Query(Vec<Stage>);

#[derive(Debug, PartialEq)]
enum Stage {
    /// One of these, in each of which all have to be met.
    Where(Vec<Vec<Clause>>),
    /// The name of each column, and where it is from.
    Project(Vec<(String, Vec<String>)>),
    Take(usize),
}

#[derive(Debug, PartialEq)]
struct Clause {
    column: Vec<String>,
    test: Test,
}

#[derive(Debug, PartialEq)]
enum Test {
    /// One of these, letter case aside.
    OneOf(Vec<String>),
    /// One of these exactly.
    Exactly(Vec<String>),
    /// Somewhere in it, letter case aside.
    Has(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

/// The longest first.
const SIGNS: [&str; 7] = ["=~", "==", "(", ")", ",", "=", "|"];

impl Query {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let mut parts = tokens.split(|token| *token == Token::Sign("|"));
        match parts.next() {
            Some([Token::Word(table)]) if table.eq_ignore_ascii_case("resources") => {}
            _ => return Err("the query has to begin with the table `resources`".to_owned()),
        }
        parts.map(stage).collect::<Result<_, _>>().map(Self)
    }

    /// The rows that are asked for, as they are asked for.
    pub(super) fn answer(&self, mut rows: Vec<Value>) -> Vec<Value> {
        for stage in &self.0 {
            match stage {
                Stage::Where(any) => {
                    rows.retain(|row| any.iter().any(|all| all.iter().all(|clause| clause.holds(row))));
                }
                Stage::Project(columns) => rows = rows.iter().map(|row| project(row, columns)).collect(),
                Stage::Take(count) => rows.truncate(*count),
            }
        }
        rows
    }
}

fn project(row: &Value, columns: &[(String, Vec<String>)]) -> Value {
    let columns =
        columns.iter().map(|(name, path)| (name.clone(), value(row, path).cloned().unwrap_or_default()));
    Value::Object(columns.collect::<Map<_, _>>())
}

/// What a row has in a column, or deeper.
fn value<'a>(row: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(row, |value, step| value.get(step))
}

impl Clause {
    fn holds(&self, row: &Value) -> bool {
        let own = match value(row, &self.column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        match &self.test {
            Test::OneOf(texts) => texts.iter().any(|text| text.to_lowercase() == own.to_lowercase()),
            Test::Exactly(texts) => texts.contains(&own),
            Test::Has(part) => own.to_lowercase().contains(&part.to_lowercase()),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(sign), sign.len())
        } else if first == '\'' || first == '"' {
            let (text, length) = quoted(rest, first).ok_or("a text has no end")?;
            (Token::Text(text), length)
        } else {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || "._-~".contains(c))).unwrap_or(rest.len());
            let word = rest.get(..end).filter(|word| !word.is_empty());
            (Token::Word(word.ok_or_else(|| format!("`{first}` is not understood"))?.to_owned()), end)
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

/// A text between quotation marks, and its length with them. A backslash is for the character after it.
fn quoted(rest: &str, mark: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    loop {
        match characters.next()? {
            (at, found) if found == mark => return Some((text, at + mark.len_utf8())),
            (_, '\\') => text.push(characters.next()?.1),
            (_, other) => text.push(other),
        }
    }
}

fn stage(tokens: &[Token]) -> Result<Stage, String> {
    let Some((Token::Word(word), rest)) = tokens.split_first() else {
        return Err("an operator is missing after `|`".to_owned());
    };
    match word.to_lowercase().as_str() {
        "where" => conditions(rest).map(Stage::Where),
        "project" => rest
            .split(|token| *token == Token::Sign(","))
            .map(column)
            .collect::<Result<_, _>>()
            .map(Stage::Project),
        "take" | "limit" => match rest {
            [Token::Word(number)] => {
                number.parse().map(Stage::Take).map_err(|_| format!("`{number}` is no number of rows"))
            }
            _ => Err(format!("`{word}` needs a number of rows")),
        },
        _ => Err(format!("the operator `{word}` is not supported")),
    }
}

fn is_word(token: &Token, wanted: &str) -> bool {
    matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(wanted))
}

/// `and` binds more tightly than `or`.
fn conditions(tokens: &[Token]) -> Result<Vec<Vec<Clause>>, String> {
    let all = |tokens: &[Token]| tokens.split(|token| is_word(token, "and")).map(clause).collect();
    tokens.split(|token| is_word(token, "or")).map(all).collect()
}

fn path(word: &str) -> Vec<String> {
    word.split('.').map(str::to_owned).collect()
}

/// `a.b`, or `tostring(a.b)`, and what comes after it.
fn operand(tokens: &[Token]) -> Result<(Vec<String>, &[Token]), String> {
    match tokens {
        [Token::Word(function), Token::Sign("("), Token::Word(word), Token::Sign(")"), rest @ ..]
            if function.eq_ignore_ascii_case("tostring") =>
        {
            Ok((path(word), rest))
        }
        [Token::Word(word), rest @ ..] => Ok((path(word), rest)),
        _ => Err("a column is missing".to_owned()),
    }
}

fn clause(tokens: &[Token]) -> Result<Clause, String> {
    let (column, rest) = operand(tokens)?;
    let test = match rest {
        [Token::Sign("=~"), Token::Text(text)] => Test::OneOf(vec![text.clone()]),
        [Token::Sign("=="), Token::Text(text)] => Test::Exactly(vec![text.clone()]),
        [Token::Word(word), Token::Sign("("), list @ .., Token::Sign(")")] if word == "in~" => {
            Test::OneOf(texts(list)?)
        }
        [Token::Word(word), Token::Sign("("), list @ .., Token::Sign(")")] if word == "in" => {
            Test::Exactly(texts(list)?)
        }
        [Token::Word(word), Token::Text(text)] if word == "has" || word == "contains" => {
            Test::Has(text.clone())
        }
        _ => return Err(format!("the condition on `{}` is not supported", column.join("."))),
    };
    Ok(Clause { column, test })
}

fn texts(tokens: &[Token]) -> Result<Vec<String>, String> {
    let text = |tokens: &[Token]| match tokens {
        [Token::Text(text)] => Ok(text.clone()),
        _ => Err("a list may hold only texts".to_owned()),
    };
    tokens.split(|token| *token == Token::Sign(",")).map(text).collect()
}

/// `name`, `properties.a` (which is then called `properties_a`), or `x = properties.a`.
fn column(tokens: &[Token]) -> Result<(String, Vec<String>), String> {
    let (name, rest) = match tokens {
        [Token::Word(name), Token::Sign("="), rest @ ..] => (Some(name.clone()), rest),
        _ => (None, tokens),
    };
    match operand(rest)? {
        (path, []) => Ok((name.unwrap_or_else(|| path.join("_")), path)),
        (path, _) => Err(format!("the column `{}` is not supported", path.join("."))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(query: &str) -> Vec<String> {
        let row = |name: &str, kind: &str, host: &str| json!({"name": name, "type": kind, "properties": {"host": host, "at": ["10.0.1.4"]}});
        let rows = vec![
            row("shop", "microsoft.web/sites", "shop.example.com"),
            row("api", "microsoft.web/sites", "api.example.com"),
            row("nic", "microsoft.network/networkinterfaces", ""),
        ];
        let rows = Query::parse(query).unwrap().answer(rows);
        rows.iter().filter_map(|row| row["name"].as_str().map(str::to_owned)).collect()
    }

    #[test]
    fn conditions_pick_rows() {
        for (condition, expected) in [
            ("type =~ 'Microsoft.Web/Sites'", vec!["shop", "api"]),
            ("type in~ ('microsoft.web/sites', \"x\") and name =~ 'API'", vec!["api"]),
            ("name =~ 'nic' or properties.host =~ 'shop.example.com'", vec!["shop", "nic"]),
            ("properties.host in~ ('API.example.com')", vec!["api"]),
            (
                "tostring(properties.at) has '10.0.1.4' and tostring(properties.host) contains 'SHOP.'",
                vec!["shop"],
            ),
            ("tostring(properties.at) has \"\\\"10.0.1.4\\\"\" and name =~ 'nic'", vec!["nic"]),
            ("type == 'Microsoft.Web/sites'", vec![]),
            ("name in~ ('api') | where type =~ 'x'", vec![]),
        ] {
            assert_eq!(names(&format!("resources | where {condition}")), expected, "{condition}");
        }
        assert_eq!(names("Resources\n| take 1"), ["shop"]);
    }

    #[test]
    fn columns_can_be_renamed() {
        let rows = vec![json!({"id": 1, "name": "a", "properties": {"host": "h"}})];
        let query =
            Query::parse("resources | project name, h = properties.host, properties.host, gone").unwrap();
        assert_eq!(
            query.answer(rows),
            [json!({"name": "a", "h": "h", "properties_host": "h", "gone": null})]
        );
    }

    #[test]
    fn what_is_not_understood_is_refused_with_the_reason() {
        for (query, reason) in [
            ("sites", "the query has to begin with the table `resources`"),
            ("resources | summarize count()", "the operator `summarize` is not supported"),
            ("resources | where name startswith 'a'", "the condition on `name` is not supported"),
            ("resources | where name =~ 'a", "a text has no end"),
            ("resources | take many", "`many` is no number of rows"),
            ("resources | where (name =~ 'a')", "a column is missing"),
        ] {
            assert_eq!(Query::parse(query).unwrap_err(), reason);
        }
    }
}
