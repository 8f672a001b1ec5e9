//! Certificates for tests, made on the spot, and what is said of them.

use std::sync::OnceLock;

use base64::Engine as _;
use jiff::Timestamp;
use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, SanType,
    date_time_ymd,
};

use super::{Certificate, Chain, Disorder, NoCertificate, Validity};

pub(crate) fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Somebody who issues certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    made: rcgen::Certificate,
}

/// A server's certificate to be.
pub(crate) struct Leaf<'a> {
    pub(crate) names: &'a [&'a str],
    pub(crate) common_name: &'a str,
    /// First and last year of its validity.
    pub(crate) years: (i32, i32),
    /// What it says that it is meant for, if anything.
    pub(crate) usages: &'a [ExtendedKeyUsagePurpose],
}

impl Default for Leaf<'_> {
    fn default() -> Self {
        Self { names: &["shop.azurewebsites.net"], common_name: "shop", years: (2020, 2040), usages: &[] }
    }
}

impl Leaf<'_> {
    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, self.common_name);
        for name in self.names {
            params.subject_alt_names.push(match name.parse() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName((*name).try_into().unwrap()),
            });
        }
        params.not_before = date_time_ymd(self.years.0, 1, 1);
        params.not_after = date_time_ymd(self.years.1, 1, 1);
        params.extended_key_usages = self.usages.to_vec();
        params.use_authority_key_identifier_extension = true;
        params
    }

    /// Issued by itself.
    pub(crate) fn alone(&self) -> Vec<u8> {
        self.params().self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }
}

impl Authority {
    /// A root.
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = authority(name, (2020, 2040));
        let made = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), made }
    }

    /// One below it.
    pub(crate) fn below(&self, name: &str, years: (i32, i32)) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = authority(name, years);
        let made = params.signed_by(&key, &self.issuer).unwrap();
        Self { issuer: Issuer::new(params, key), made }
    }

    /// A server's certificate.
    pub(crate) fn issue(&self, leaf: &Leaf<'_>) -> Vec<u8> {
        leaf.params().signed_by(&KeyPair::generate().unwrap(), &self.issuer).unwrap().der().to_vec()
    }

    pub(crate) fn der(&self) -> &[u8] {
        self.made.der()
    }

    pub(crate) fn pem(&self) -> String {
        self.made.pem()
    }
}

fn authority(name: &str, years: (i32, i32)) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_before = date_time_ymd(years.0, 1, 1);
    params.not_after = date_time_ymd(years.1, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

/// Making one takes a while.
static MODEL: OnceLock<Certificate> = OnceLock::new();
static SOUND: OnceLock<Vec<u8>> = OnceLock::new();

fn read(der: &[u8]) -> Certificate {
    Certificate::parse(der).unwrap()
}

fn chain(sent: &[&[u8]]) -> Chain {
    Chain::of(sent.iter().map(|der| read(der)).collect()).unwrap()
}

fn named(names: &[&str], common_name: &str) -> Certificate {
    read(&Leaf { names, common_name, ..Leaf::default() }.alone())
}

#[test]
fn a_certificate_says_whose_it_is_and_who_issued_it() {
    let root = Authority::new("Corp Root");
    let leaf = read(&root.issue(&Leaf { names: &["shop.example", "10.0.0.4"], ..Leaf::default() }));
    let root = read(root.der());
    assert_eq!((leaf.subject.words.as_str(), leaf.issuer.words.as_str()), ("CN=shop", "CN=Corp Root"));
    assert_eq!(leaf.names(), ["shop.example", "10.0.0.4"]);
    assert_eq!(leaf.not_before.to_string(), "2020-01-01T00:00:00Z");
    assert!(!leaf.is_ca && root.is_ca && !leaf.is_self_signed() && root.is_self_signed());
    assert!(leaf.may_be_issued_by(&root) && leaf.authority_key == root.subject_key);
    assert_eq!((leaf.fingerprint.len(), leaf.public_key.len()), (64, 64));
    let namesake = read(Authority::new("Corp Root").der());
    assert!(!leaf.may_be_issued_by(&namesake) && leaf.is_issued_by_namesake_of(&namesake));
}

#[test]
fn what_gateways_store_is_read_in_each_form_and_nothing_else() {
    let root = Authority::new("Corp Root");
    let pem = root.pem();
    let encoded = base64(root.der());
    let lines =
        encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>();
    for text in [encoded.clone(), lines.join("\r\n"), pem.clone(), base64(pem.as_bytes())] {
        assert_eq!(Certificate::parse_text(&text).unwrap(), read(root.der()));
    }
    for text in ["", "AAAA", "-----BEGIN CERTIFICATE-----", &format!("{pem}{pem}"), "ü"] {
        assert_eq!(Certificate::parse_text(text), Err(NoCertificate), "{text}");
    }
    let longer: Vec<u8> = root.der().iter().copied().chain([0]).collect();
    assert_eq!(Certificate::parse(&longer), Err(NoCertificate));
}

#[test]
fn names_match_exactly_or_by_one_label_of_a_wildcard() {
    let star = named(&["*.shop.example", "shop.example", "10.0.0.4"], "other.example");
    for host in ["www.shop.example", "WWW.Shop.Example", "shop.example", "shop.example.", "10.0.0.4"] {
        assert!(star.covers(host), "{host}");
    }
    for host in
        ["a.b.shop.example", ".shop.example", "other.example", "10.0.0.5", "", "xshop.example", "127.0.0.1"]
    {
        assert!(!star.covers(host), "{host}");
    }
    assert!(!named(&["*.example"], "x").covers("shop.example"), "a whole top-level domain");
}

#[test]
fn the_common_name_counts_only_where_there_is_no_other() {
    assert!(named(&[], "*.shop.example").covers("www.shop.example"));
    assert!(named(&[], "10.0.0.4").covers("10.0.0.4"));
    assert!(!named(&["10.0.0.4"], "shop.example").covers("shop.example"));
}

#[test]
fn dates_are_told_to_the_second() {
    let leaf = named(&[], "x");
    let at = |text: &str| leaf.validity(text.parse::<Timestamp>().unwrap());
    assert_eq!(at("2020-01-01T00:00:00Z"), Validity::Valid);
    assert_eq!(at("2040-01-01T00:00:00Z"), Validity::Valid);
    assert_eq!(at("2019-12-31T23:59:59Z"), Validity::NotYet { from: leaf.not_before });
    assert_eq!(at("2040-01-01T00:00:01Z"), Validity::Expired { since: leaf.not_after });
    let never = read(&Leaf { years: (2020, 9999), ..Leaf::default() }.alone());
    assert_eq!(never.validity(leaf.not_after), Validity::Valid);
}

#[test]
fn a_chain_is_ordered_from_the_leaf_up() {
    let root = Authority::new("Root");
    let middle = root.below("Middle", (2020, 2040));
    let other = Authority::new("Other");
    let leaf = middle.issue(&Leaf::default());
    let (leaf, middle, root, other) = (leaf.as_slice(), middle.der(), root.der(), other.der());
    for (sent, disorder) in [
        (&[leaf, middle][..], None),
        (&[leaf, middle, root], None),
        (&[leaf, other, middle], None),
        (&[leaf], None),
        (&[root], None),
        (&[middle, leaf], Some(Disorder::LeafNotFirst)),
        (&[root, middle, leaf], Some(Disorder::LeafNotFirst)),
        (&[leaf, root, middle], Some(Disorder::Shuffled)),
        (&[middle], Some(Disorder::NoLeaf)),
        (&[middle, root], Some(Disorder::NoLeaf)),
        (&[root, middle], Some(Disorder::NoLeaf)),
    ] {
        assert_eq!(chain(sent).disorder(), disorder, "{sent:?}");
    }
    assert_eq!(Chain::of(Vec::new()), None);
}

#[test]
fn a_chain_is_open_where_an_issuer_is_neither_sent_nor_known() {
    let root = Authority::new("Root");
    let middle = root.below("Middle", (2020, 2040));
    let leaf = middle.issue(&Leaf::default());
    let (known, namesake) = (read(root.der()), read(Authority::new("Root").der()));
    let whole = chain(&[&leaf, middle.der()]);
    assert!(whole.is_open(&[]) && whole.is_open(&[&namesake]) && !whole.is_open(&[&known]));
    assert_eq!(whole.root_among(&[&namesake, &known]), Some(&known));
    let part = chain(&[&leaf]);
    assert!(part.is_open(&[&known]), "the one in the middle is missing");
    assert!(!chain(&[&leaf, middle.der(), root.der()]).is_open(&[]));
    assert_eq!(chain(&[&leaf, middle.der(), root.der()]).root_among(&[&known]), Some(&known));
}

/// A certificate with these names, made of another.
fn renamed(model: &Certificate, names: &[String]) -> Certificate {
    Certificate { dns_names: names.to_vec(), ip_addresses: Vec::new(), ..model.clone() }
}

proptest! {
    #[test]
    fn a_wildcard_stands_for_one_label_and_no_more(first in "[a-z]{1,8}", more in "[a-z]{1,8}", upper: bool) {
        let model = MODEL.get_or_init(|| named(&[], "x"));
        let star = renamed(model, &["*.shop.example".to_owned()]);
        let host = format!("{first}.shop.example");
        let host = if upper { host.to_ascii_uppercase() } else { host };
        prop_assert!(star.covers(&host) && renamed(model, std::slice::from_ref(&host)).covers(&host));
        let (deeper, longer) = (format!("{more}.{host}"), format!("{host}x"));
        let beside = format!("{more}.{first}.example");
        prop_assert!(!star.covers(&deeper) && !star.covers("shop.example") && !star.covers(&longer));
        prop_assert!(first == "shop" || !star.covers(&beside));
    }

    #[test]
    fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..64), at in 0usize..700, with: u8) {
        let _ = Certificate::parse(&bytes);
        let mut broken = SOUND.get_or_init(|| Leaf::default().alone()).clone();
        if let Some(byte) = broken.get_mut(at) { *byte = with; }
        if let Ok(read) = Certificate::parse(&broken) {
            let _ = (read.covers("shop.example"), Chain::of(vec![read]).map(|chain| chain.disorder()));
        }
    }
}

#[test]
fn what_a_certificate_is_meant_for_is_read() {
    use ExtendedKeyUsagePurpose::{Any, ClientAuth, ServerAuth};
    for (usages, wanted) in
        [(&[][..], true), (&[ServerAuth, ClientAuth], true), (&[Any], true), (&[ClientAuth], false)]
    {
        assert_eq!(read(&Leaf { usages, ..Leaf::default() }.alone()).is_for_servers, wanted, "{usages:?}");
    }
}
