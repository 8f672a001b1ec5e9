//! A health endpoint in the frameworks that people use, to copy.

use crate::card::Snippet;

/// An endpoint that answers 200 without a login, in several frameworks.
pub(super) fn endpoint(path: &str) -> Vec<Snippet> {
    let snippet = |label: &str, code: String| Snippet { label: label.to_owned(), code };
    vec![
        snippet(
            "Express",
            format!(
                "app.get(\"{path}\", (_req, res) => res.json({{ status: \"ok\" }}));  // before the auth middleware"
            ),
        ),
        snippet(
            "Flask",
            format!(
                "@app.get(\"{path}\")  # leave it out of login_required\ndef healthz():\n    return {{\"status\": \"ok\"}}"
            ),
        ),
        snippet(
            "ASP.NET Core",
            format!("builder.Services.AddHealthChecks();\napp.MapHealthChecks(\"{path}\").AllowAnonymous();"),
        ),
        snippet(
            "Spring Boot",
            format!(
                "@GetMapping(\"{path}\")  // and permitAll() for it in the SecurityFilterChain\nMap<String, String> healthz() {{ return Map.of(\"status\", \"ok\"); }}"
            ),
        ),
    ]
}
