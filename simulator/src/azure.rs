//! The simulated Azure as a whole: what all its gateways share, and the way to the one that is meant.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::Value;
use url::Url;

use crate::{
    Fault,
    arm::{answers::Pending, insights::Written},
    exchange::Journal,
    fault::Occasion,
    gateway::route,
    json::text,
    net::{self, HangUp, Request, Response},
    scenario::{Answer, LockSpec, Method},
    tunnel,
    world::World,
};

/// One subscription with its gateways, behind one control plane.
#[derive(Debug)]
pub(crate) struct Azure {
    /// Where the control plane is, without a slash at the end: every link it hands out begins so.
    pub(crate) base: String,
    pub(crate) base_url: Url,
    /// Over TLS every ARM call needs a token.
    pub(crate) secured: bool,
    pub(crate) journal: Journal,
    pub(crate) writes: AtomicUsize,
    pub(crate) reads: AtomicUsize,
    /// The locks on all gateways and on what they are part of, each once.
    locks: Mutex<Vec<LockSpec>>,
    /// Resources beside the gateways by lower-case id. What gateways have in common is the first one's.
    resources: HashMap<String, Value>,
    /// Canned answers by method and lower-case path. The first gateway's come first, and what is for some
    /// requests only before what is for all.
    answers: HashMap<(Method, String), Vec<Answer>>,
    pub(crate) pending: Pending,
    pub(crate) written: Written,
    /// Every gateway, the first one first.
    first: Arc<World>,
    others: Vec<Arc<World>>,
    /// By lower-case name.
    named: HashMap<String, Arc<World>>,
    /// Who an operation or a request for health belongs to, by its id.
    owners: Mutex<HashMap<String, Arc<World>>>,
    faults: Mutex<Vec<Fault>>,
}

impl Azure {
    pub(crate) fn new(base_url: Url, journal: Journal, first: Arc<World>, others: Vec<Arc<World>>) -> Self {
        let all = || std::iter::once(&first).chain(&others);
        Self {
            base: base_url.as_str().trim_end_matches('/').to_owned(),
            secured: base_url.scheme() == "https",
            base_url,
            journal,
            writes: AtomicUsize::new(0),
            reads: AtomicUsize::new(0),
            locks: Mutex::new(locks(all())),
            resources: resources(all()),
            answers: answers(all()),
            pending: Pending::default(),
            written: Written::default(),
            named: all().map(|world| (world.name().to_lowercase(), Arc::clone(world))).collect(),
            owners: Mutex::default(),
            faults: Mutex::default(),
            first,
            others,
        }
    }

    /// The gateway that is meant when nobody names one.
    pub(crate) fn first(&self) -> &Arc<World> {
        &self.first
    }

    /// Every gateway, the first one first.
    pub(crate) fn worlds(&self) -> impl Iterator<Item = &Arc<World>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The gateway of this name or id, letter case aside.
    pub(crate) fn world(&self, name_or_id: &str) -> Option<&Arc<World>> {
        let name = name_or_id.rsplit('/').next().unwrap_or_default();
        let world = self.named.get(&name.to_lowercase())?;
        let meant = name == name_or_id || world.id().eq_ignore_ascii_case(name_or_id);
        meant.then_some(world)
    }

    /// The locks there are now.
    pub(crate) fn locks(&self) -> Vec<LockSpec> {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on this lock holds, too.
    pub(crate) fn lock(&self, lock: LockSpec) {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner).push(lock);
    }

    /// From now on this operation is found as one of that gateway.
    pub(crate) fn belongs(&self, operation: &str, world: &Arc<World>) {
        self.owners().insert(operation.to_owned(), Arc::clone(world));
    }

    /// Whose operation or health request this is.
    pub(crate) fn owner(&self, operation: &str) -> Option<Arc<World>> {
        self.owners().get(operation).cloned()
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<String, Arc<World>>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A resource beside the gateways.
    pub(crate) fn resource(&self, id: &str) -> Option<&Value> {
        self.resources.get(&id.to_lowercase())
    }

    /// The parts that a resource lists under the last segment of this path, such as the
    /// `privateEndpointConnections` of an app.
    pub(crate) fn parts(&self, path: &str) -> Option<&Vec<Value>> {
        let (owner, list) = path.rsplit_once('/')?;
        let owner = self.resource(owner)?.get("properties")?.as_object()?;
        let parts = owner.iter().find(|(name, _)| name.eq_ignore_ascii_case(list))?.1.as_array()?;
        parts.iter().all(|part| part.get("properties").is_some()).then_some(parts)
    }

    /// All resources beside the gateways, and their parts.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &Value> {
        self.resources.values()
    }

    /// What the scenario answers to this very request.
    pub(crate) fn answer(&self, method: Method, path: &str, body: &[u8]) -> Option<&Answer> {
        let body = String::from_utf8_lossy(body);
        self.answers.get(&(method, path.to_lowercase()))?.iter().find(|answer| answer.is_to(&body))
    }

    pub(crate) fn count(counter: &AtomicUsize) -> usize {
        counter.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// The next fault for this occasion, if one waits.
    pub(crate) fn fault(&self, occasion: Occasion) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let index = faults.iter().position(|fault| fault.occasion() == occasion)?;
        Some(faults.remove(index))
    }

    /// A way through the simulated internet to a backend that can be reached from outside. With several gateways
    /// it leads to the first one's.
    pub(crate) fn connect(&self, request: Request) -> Response {
        let authority = request.uri().authority();
        let (host, port) = authority.map_or(("", 443), |it| (it.host(), it.port_u16().unwrap_or(443)));
        let mut places = self.worlds().filter_map(|world| world.plane.public(host, port));
        match places.next() {
            Some(place) => tunnel::open(request, place),
            None => {
                let words = format!("simulated internet: nothing can be reached at {host}:{port}");
                net::text(http::StatusCode::BAD_GATEWAY, "text/plain", words)
            }
        }
    }

    /// A visit through the simulated internet: to the gateway that knows the name best, which is the one that
    /// names it before one with a pattern for it, and the one with the longer pattern before the other.
    pub(crate) async fn visit(&self, request: Request, peer: SocketAddr) -> Result<Response, HangUp> {
        if request.method() == http::Method::CONNECT {
            return Ok(self.connect(request));
        }
        let host = request.uri().host().unwrap_or_default();
        let mut best = (None, &self.first);
        for world in self.worlds() {
            let known = route::resolves(&world.plane.live().config, host);
            if known > best.0 {
                best = (known, world);
            }
        }
        best.1.plane.visit_name(request, peer).await
    }
}

fn answers<'a>(worlds: impl Iterator<Item = &'a Arc<World>>) -> HashMap<(Method, String), Vec<Answer>> {
    let mut found: HashMap<(Method, String), Vec<Answer>> = HashMap::new();
    for answer in worlds.flat_map(|world| &world.scenario.answers) {
        found.entry((answer.method, answer.path.to_lowercase())).or_default().push(answer.clone());
    }
    found.values_mut().for_each(|answers| answers.sort_by_key(|answer| answer.contains.is_none()));
    found
}

fn resources<'a>(worlds: impl Iterator<Item = &'a Arc<World>>) -> HashMap<String, Value> {
    let mut found = HashMap::new();
    let all: Vec<&Value> = worlds.flat_map(|world| &world.scenario.resources).collect();
    // What is written out for itself comes before what it is as a part.
    all.iter().for_each(|resource| add(resource, &mut found));
    all.iter().for_each(|resource| add_parts(resource, &mut found));
    found
}

fn add(resource: &Value, found: &mut HashMap<String, Value>) {
    if let Some(id) = text(resource, "/id") {
        found.entry(id.to_lowercase()).or_insert_with(|| resource.clone());
    }
}

/// The parts of a resource that are resources too: the subnets of a network, the rules of a group.
fn add_parts(resource: &Value, found: &mut HashMap<String, Value>) {
    let collections = resource.get("properties").and_then(Value::as_object);
    let items = collections.into_iter().flat_map(|all| all.values()).filter_map(Value::as_array).flatten();
    // Without properties it is only named.
    for part in items.filter(|item| item.get("properties").is_some()) {
        add(part, found);
        add_parts(part, found);
    }
}

fn locks<'a>(worlds: impl Iterator<Item = &'a Arc<World>>) -> Vec<LockSpec> {
    let mut found: Vec<LockSpec> = Vec::new();
    for lock in worlds.flat_map(|world| &world.scenario.locks) {
        if !found.contains(lock) {
            found.push(lock.clone());
        }
    }
    found
}
