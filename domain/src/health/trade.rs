//! Whether a text is about a probe at all. "The timeout on my dishwasher" has a keyword of ours and is none
//! of our business; nor is what another product says about its own connections.
//!
//! A sentence counts if it names the probe, the backend or the gateway, or if it has no word at all that
//! would be strange in a probe message ("certificate chain out of order", "connection refused on 443").

use std::collections::HashSet;
use std::sync::LazyLock;

use super::sentence::Sentence;
use super::stems::{RULES, SPEAKERS, STATUS_WORDS, SUCCESS, TROUBLE, VAGUE};

/// Names of what is probed, of the probe and of the gateway.
const NAMES: &str = "\
    probe | probing | response body | backend | appgw | errorinfo | 65200 | 65503 | httpsetting | \
    healthprobelog";

/// Other things' probes, and things that are certified, chained or served outside of any network.
const ELSEWHERE: &str = "\
    liveness | readiness | startup probe | front door | frontdoor | traffic manager | cloudflare | \
    varnish | envoy | istio | traefik | linkerd | squid. | haproxy | elb. | alb. | aws. | gcp. | \
    kubelet | cloudfront | target group | space probe | nasa | meat | oven | dishwasher | temperature \
    | thermometer | ultrasound | fbi. | senate | police | journalist | birth | attendance | gift | \
    diploma | course | degree | marriage | vaccination | driver | driving | restaurant | school | \
    dentist | doctor | supply chain | blockchain | food | parking | football | soccer | game | concert \
    | song | recipe | cooking | horse | bike | bicycle | holiday | salary | conference | train. | \
    flight | airport | weather | garden | kitchen | coffee | pizza | cat. | dog. | insurance | \
    passport | visa. | library card | gym. | iso 27001 | stock certificate | share certificate | load \
    balancer probe | load balancer health | load balancer";

/// Other programs. What they say is not the gateway's, unless the sentence names the gateway or the probe.
const OTHERS: &str = "\
    docker | npm. | pip. | git. | github | gitlab | ssh. | smtp | imap | outlook | psql | postgres | \
    mysql | mariadb | mongo | redis | kafka | rabbitmq | sql. | sqlstate | oracle | ftp. | sftp | rdp. \
    | wifi | router | printer | vpn. | nat gateway | payment | bluetooth | api gateway | jdbc | \
    terraform | ansible | jenkins | curl. | wget | chrome | firefox | safari | postman | nginx | \
    apache | kubectl | helm. | elasticsearch | cassandra | ldap | kerberos | samba | nfs. | mqtt | \
    iot. | teams. | zoom. | slack | whatsapp | email | mail. | phone | laptop | keyboard | tv. | \
    playstation | xbox | steam | minecraft | database | select from | script. | session. | token | \
    password | storage account | cosmos | key vault | keyvault | cosmosdb | event hub | service bus | \
    expressroute | bastion | backend team | backend developer | backend engineer | backend dev. | \
    backend guy | backend code | backend job | backend interview | backend meeting | backend colleague \
    | backend course | backend class | backend people | excel | java. | python | maven | gradle | \
    cargo. | yarn. | homebrew | apt. | etcd | consul | vault. | ntp. | sip. | voip | modem | dhcp | \
    default gateway | vpn gateway | sms | crm. | sap. | active directory | ad fs | adfs";

/// What may stand in any sentence.
const PLAIN: &str = "\
    a an the this that these those it its of on in at to by from for with as and or but not cannot \
    never no without nor neither is are was were be been being has have had does do did will would can \
    could should may might must there here i we our us my me you your they their them he she which who \
    what why when while because since so if than then too very more most less just only also still now \
    again always sometimes keeps keep kept gets get got getting gives give given gave says say said \
    shows show see seen sees saw seems looks look like says reports report reported please details \
    detail message messages probe log reason cause description result value setting settings \
    configured configuration config health status code codes received expected expects expect returned \
    returns return returning answered answers answer answering responds respond responded responding \
    reply replies replied server servers gateway host hosts hostname name names domain fqdn address ip \
    ips port ports tcp http https get head url path dns tls ssl cert ca cn san sans sni root roots \
    intermediate intermediates leaf chain issuer subject openssl x509 v1 v2 sku nsg udr firewall \
    network subnet vnet pool pools instance instances member members vm vms node app application \
    service web upstream endpoint somehost azure microsoft all any every each some none one two other \
    another same different own its current date dates day days year today yesterday valid between into \
    onto out up down over under after before within yet about across against due seconds second s ms \
    minutes minute min threshold limit range accepted acceptable accept presented present presents \
    uses used use using sent send sends side internal external private public trusted request requests \
    response responses connection connections connect connecting error errors failed fails fail \
    failing failure unhealthy healthy unknown ok fine good bad wrong right correct forbidden \
    unauthorized found bad internal available unavailable could handle able time timeout timedout \
    timeoutsetting part whole first last top new old latest how think hi hello help mean means instead \
    prod production test staging on off signed authority company protocol header proxyprotocol version \
    number handshake attempt attempts open opened closed line lookup record zone customer org self \
    reset peer refused unreachable yes team colleague however although though seconds 30s 60s 20s \
    thing properly correctly fully intime somequote set up running run runs behind cant ssl \
    certificate currently really actually completely simply apparently suddenly";

/// What a sentence may say beside it, in a text that names the gateway elsewhere.
const STRANGERS: usize = 2;

/// Whether the whole text is about something else.
pub(super) fn is_elsewhere(sentences: &[Sentence]) -> bool {
    sentences.iter().any(|sentence| {
        sentence.has(ELSEWHERE) || (sentence.has(OTHERS) && !sentence.has("probe | appgw | backend pool"))
    })
}

/// Whether a text names the probe, the backend or the gateway.
pub(super) fn is_named(sentences: &[Sentence]) -> bool {
    sentences.iter().any(|sentence| sentence.has(NAMES))
}

/// Whether a sentence is one about probes; `named` says whether the text around it is.
pub(super) fn counts(sentence: &Sentence, named: bool) -> bool {
    if sentence.has(NAMES) {
        return true;
    }
    let words = || sentence.words().filter(|word| *word != ",");
    let strange = words().filter(|word| !is_ours(word)).count();
    words().nth(1).is_some() && strange <= if named { STRANGERS } else { 0 }
}

/// Whether a word is plain, a number, or in one of the rules.
fn is_ours(word: &str) -> bool {
    let number = word.starts_with(|c: char| c.is_ascii_digit());
    number || OURS.whole.contains(word) || OURS.stems.iter().any(|stem| word.starts_with(stem))
}

/// The words that may stand in a sentence about probes.
struct Vocabulary {
    /// Words that stand for themselves alone.
    whole: HashSet<&'static str>,
    /// Starts of words.
    stems: HashSet<&'static str>,
}

static OURS: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut ours = Vocabulary { whole: PLAIN.split_whitespace().collect(), stems: HashSet::new() };
    let rules = RULES.iter().chain([&VAGUE]);
    let stems = rules.flat_map(|rule| rule.about.iter().chain([&rule.faults, &rule.needs]).copied());
    let stems = stems.chain([SPEAKERS, STATUS_WORDS, SUCCESS, TROUBLE]).flat_map(|stems| stems.split('|'));
    stems.for_each(|stem| ours.learn(stem.trim()));
    ours
});

impl Vocabulary {
    /// Takes in the words of a stem. Of those only the last may go on, unless a dot ends it.
    fn learn(&mut self, stem: &'static str) {
        let last = stem.split(' ').count().saturating_sub(1);
        for (at, part) in stem.split(' ').enumerate().filter(|(_, part)| !matches!(*part, "" | "*" | ",")) {
            match part.strip_suffix('.') {
                Some(whole) => self.whole.insert(whole),
                None if at == last => self.stems.insert(part),
                None => self.whole.insert(part),
            };
        }
    }
}
