//! What can be reached from outside, and the list of it.
//!
//! Under a Functions host each public route has to be declared in `function.json`, so whoever adds a route
//! here has told the list of it, too; a test holds the two against each other.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing::post;

/// Routes that anybody on the internet can call: each has to prove who it is talking to.
#[derive(Debug)]
pub struct PublicRoutes<S = ()> {
    router: Router<S>,
    paths: Vec<&'static str>,
}

impl<S: Clone + Send + Sync + 'static> Default for PublicRoutes<S> {
    fn default() -> Self {
        Self { router: Router::new(), paths: Vec::new() }
    }
}

impl<S: Clone + Send + Sync + 'static> PublicRoutes<S> {
    /// Adds a route for POST. Its path begins with `/api/`, the prefix that the Functions host forwards.
    #[must_use]
    pub fn post<H, T>(mut self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.paths.push(path);
        Self { router: self.router.route(path, post(handler)), paths: self.paths }
    }

    /// The same, and HEAD, by which a caller asks whether somebody is there; that is answered with nothing.
    #[must_use]
    pub fn post_or_head<H, T>(mut self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.paths.push(path);
        let both = post(handler).head(async || {});
        Self { router: self.router.route(path, both), paths: self.paths }
    }

    /// Refuses bodies of more bytes than this in the routes so far.
    #[must_use]
    pub fn at_most(self, bytes: usize) -> Self {
        Self { router: self.router.layer(DefaultBodyLimit::max(bytes)), paths: self.paths }
    }

    /// Gives the routes what they need.
    pub fn with_state(self, state: S) -> PublicRoutes {
        PublicRoutes { router: self.router.with_state(state), paths: self.paths }
    }
}

impl PublicRoutes {
    /// These routes and those.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.paths.extend(other.paths);
        Self { router: self.router.merge(other.router), paths: self.paths }
    }

    /// The paths, each for POST.
    #[must_use]
    pub fn paths(&self) -> &[&'static str] {
        &self.paths
    }

    /// The routes themselves.
    pub fn router(&self) -> Router {
        self.router.clone()
    }
}
