//! Turns of phrase with one meaning become one: contractions, spellings, and the many ways to say "cannot".

/// Replaced in this order, whole words only.
const FOLDS: &[(&str, &str)] = &[
    // What only seems to deny.
    ("not sure", "unsure"),
    ("do not know", "unsure"),
    ("do not understand", "unsure"),
    ("no idea", "unsure"),
    ("no clue", "unsure"),
    ("not only", "also"),
    ("any more", ""),
    ("no trouble", "fine"),
    ("no problem", "fine"),
    ("no problems", "fine"),
    ("no issue", "fine"),
    ("no issues", "fine"),
    ("no difficulty", "fine"),
    ("anymore", ""),
    ("to learn more visit", ","),
    ("used to", "formerly"),
    ("in case of", "with"),
    ("in case", "if"),
    ("make sure", "ensure"),
    ("make certain", "ensure"),
    ("such as", "like"),
    // Denials.
    ("can not", "cannot"),
    ("cant", "cannot"),
    ("could not", "cannot"),
    ("couldnt", "cannot"),
    ("unable to", "cannot"),
    ("inability to", "cannot"),
    ("not able to", "cannot"),
    ("failed to", "cannot"),
    ("fails to", "cannot"),
    ("fail to", "cannot"),
    ("failing to", "cannot"),
    ("failure to", "cannot"),
    ("impossible to", "cannot"),
    ("not possible to", "cannot"),
    ("not manage to", "cannot"),
    ("isnt", "not"),
    ("doesnt", "not"),
    ("didnt", "not"),
    ("dont", "not"),
    ("wont", "not"),
    ("does not", "not"),
    ("did not", "not"),
    ("do not", "not"),
    ("is not", "not"),
    ("are not", "not"),
    ("was not", "not"),
    ("were not", "not"),
    ("has not", "not"),
    ("have not", "not"),
    ("had not", "not"),
    ("will not", "not"),
    ("would not", "not"),
    // Time.
    ("504 gateway time out", "504"),
    ("504 gateway timeout", "504"),
    ("408 request time out", "408"),
    ("408 request timeout", "408"),
    ("timed out", "timedout"),
    ("times out", "timedout"),
    ("timing out", "timedout"),
    ("timeouts", "timeout"),
    ("time outs", "timeout"),
    ("time out", "timeout"),
    ("within the timeout", "intime"),
    ("within its timeout", "intime"),
    ("within timeout", "intime"),
    ("before the timeout", "intime"),
    // The parts of a gateway.
    ("application gateway", "appgw"),
    ("application gateways", "appgw"),
    ("app gateway", "appgw"),
    ("application gw", "appgw"),
    ("app gw", "appgw"),
    ("appgateway", "appgw"),
    ("agw", "appgw"),
    ("back end", "backend"),
    ("back ends", "backend"),
    ("backends", "backend"),
    ("health check", "probe"),
    ("health checks", "probe"),
    ("healthcheck", "probe"),
    ("probes", "probe"),
    ("backend health probe", "backend probe"),
    ("host name", "hostname"),
    ("host header", "hostname"),
    ("proxy protocol", "proxyprotocol"),
    ("proxy header", "proxyprotocol"),
    ("proxy line", "proxyprotocol"),
    // HTTP.
    ("content type", "contenttype"),
    ("connection string", "connectionstring"),
    ("http status code", "statuscode"),
    ("http response code", "statuscode"),
    ("status code", "statuscode"),
    ("status codes", "statuscode"),
    ("response code", "statuscode"),
    ("response status", "statuscode"),
    ("return code", "statuscode"),
    ("http code", "statuscode"),
    ("http status", "statuscode"),
    ("respond with", "returned"),
    ("responds with", "returned"),
    ("responded with", "returned"),
    ("responding with", "returned"),
    ("answer with", "returned"),
    ("answers with", "returned"),
    ("answered with", "returned"),
    ("answering with", "returned"),
    ("reply with", "returned"),
    ("replies with", "returned"),
    ("replied with", "returned"),
    // Certificates.
    ("certificates", "cert"),
    ("certificate", "cert"),
    ("certs", "cert"),
    ("cert authority", "ca"),
    ("certification authority", "ca"),
    ("cert authorities", "ca"),
    ("certifying authority", "ca"),
    ("x 509", "x509"),
    ("common name", "cn"),
    ("common names", "cn"),
    ("subject alternative name", "san"),
    ("subject alternative names", "san"),
    ("subject alt name", "san"),
    ("subject name", "cn"),
    ("well known", "wellknown"),
    ("self signed", "selfsigned"),
    ("white list", "whitelist"),
    ("white listed", "whitelist"),
    ("allow list", "allowlist"),
    ("allow listed", "allowlist"),
    ("out of order", "misordered"),
    ("out of sequence", "misordered"),
    ("wrong order", "misordered"),
    ("wrong sequence", "misordered"),
    ("wrongly ordered", "misordered"),
    ("incorrect order", "misordered"),
    ("incorrectly ordered", "misordered"),
    ("badly ordered", "misordered"),
    ("reverse order", "misordered"),
    ("order is wrong", "misordered"),
    ("order is incorrect", "misordered"),
    // Names and connections.
    ("nx domain", "nxdomain"),
    ("look up", "lookup"),
];

/// Words beside which a timeout is a number that somebody chose, and not something that happened.
const CHOSEN: &[&str] = &[
    "set",
    "setting",
    "increase",
    "increased",
    "increasing",
    "raise",
    "raised",
    "change",
    "changed",
    "adjust",
    "configure",
    "configured",
    "lower",
    "reduce",
    "default",
    "extend",
    "define",
    "custom",
    "what",
    "tune",
];
const CHOSEN_BEHIND: &[&str] = &[
    "is",
    "of",
    "to",
    "value",
    "values",
    "setting",
    "settings",
    "threshold",
    "interval",
    "should",
    "can",
    "configuration",
    "config",
    "parameter",
    "property",
    "field",
    "was",
    "option",
    "period",
];
/// What people resolve that is no name.
const ISSUES: &[&str] = &[
    "issue",
    "issues",
    "problem",
    "problems",
    "error",
    "errors",
    "ticket",
    "tickets",
    "incident",
    "incidents",
    "bug",
    "bugs",
    "this",
    "conflict",
    "conflicts",
    "dispute",
    "merge",
    "case",
    "outage",
    "alert",
];

/// What an application connects to: no gateway probes it.
const STORES: &[&str] = &["database", "db", "sql", "redis", "cache", "storage", "queue", "broker"];

/// The words of a sentence, folded. `text` is lower-case.
pub(super) fn fold(text: &str) -> Vec<String> {
    let text = text.replace("can't", "cannot").replace("won't", "will not").replace("n't", " not");
    let text = text.replace("'s ", " ").replace('\'', " ");
    let words = text.split_whitespace().map(apart).collect::<Vec<_>>().join(" ");
    let mut folded = format!(" {words} ");
    for (from, to) in FOLDS {
        folded = folded.replace(&format!(" {from} "), &format!(" {to} "));
    }
    let words: Vec<&str> = folded.split_whitespace().collect();
    (0..words.len()).filter_map(|at| by_neighbours(&words, at)).collect()
}

/// `http403` as two words.
fn apart(word: &str) -> String {
    let code = word.strip_prefix("http").filter(|code| code.parse::<u16>().is_ok());
    code.map_or_else(|| word.to_owned(), |code| format!("http {code}"))
}

/// A word that means something else beside certain others.
fn by_neighbours(words: &[&str], at: usize) -> Option<String> {
    let word = *words.get(at)?;
    let before = |reach: usize| {
        let start = at.saturating_sub(reach);
        words.get(start..at).unwrap_or_default().iter().rev().take_while(|word| **word != ",")
    };
    let behind = |reach: usize| words.iter().skip(at + 1).take(reach);
    let chosen = || {
        let number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
        let given = behind(1).any(|word| *word == ",") && behind(2).nth(1).is_some_and(number);
        before(3).any(|word| CHOSEN.contains(word))
            || behind(1).any(|word| CHOSEN_BEHIND.contains(word))
            || given
    };
    let issue = || {
        let passive = if word == "resolved" { 7 } else { 0 };
        before(passive).chain(behind(5)).any(|word| ISSUES.contains(word))
    };
    let port = || behind(4).take_while(|word| **word != ",").any(|word| word.starts_with("port"));
    Some(match word {
        "timeout" if chosen() => "timeoutsetting".to_owned(),
        word if word.starts_with("resolv") && issue() => "settle".to_owned(),
        word if word.starts_with("connect")
            && before(3).chain(behind(5)).any(|word| STORES.contains(word)) =>
        {
            "elsewhere".to_owned()
        }
        // Microsoft's advice on a failed connection asks whether the backend "responds on the port".
        word if word.starts_with("respond") && port() => "listening".to_owned(),
        word => word.to_owned(),
    })
}
