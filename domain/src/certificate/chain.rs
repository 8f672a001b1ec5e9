//! The certificates that a server sends in a handshake, in its order.

use super::Certificate;

/// The certificates that a server sends: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    sent: Vec<Certificate>,
    /// The way from the server's own certificate up, as far as it was sent: positions in `sent`.
    path: Vec<usize>,
}

/// What is wrong with the order of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disorder {
    /// Authorities alone, and none that a server could use as its own.
    NoLeaf,
    /// The server's own certificate is there and not the first.
    LeafNotFirst,
    /// The authorities are not each followed by their issuer.
    Shuffled,
}

impl Chain {
    /// The certificates in the order in which they came; none if there are none.
    #[must_use]
    pub fn of(sent: Vec<Certificate>) -> Option<Self> {
        // The server's own certificate, wherever it is. One that somebody made alone may be an authority, too.
        let leaf = sent.iter().position(|one| !one.is_ca).unwrap_or(0);
        let mut path = vec![leaf];
        let mut at = sent.get(leaf)?;
        while !at.is_self_signed() {
            let above =
                |(index, one): &(usize, &Certificate)| !path.contains(index) && at.may_be_issued_by(one);
            let Some((index, issuer)) = sent.iter().enumerate().find(above) else { break };
            path.push(index);
            at = issuer;
        }
        Some(Self { sent, path })
    }

    /// The certificates as they were sent.
    #[must_use]
    pub fn sent(&self) -> &[Certificate] {
        &self.sent
    }

    /// The server's own certificate, and those above it as far as they were sent.
    pub fn path(&self) -> impl Iterator<Item = &Certificate> {
        self.path.iter().filter_map(|&index| self.sent.get(index))
    }

    /// The server's own certificate; none if it sends authorities alone.
    #[must_use]
    pub fn leaf(&self) -> Option<&Certificate> {
        self.path().next().filter(|first| !first.is_ca || first.is_self_signed())
    }

    /// The last one on the way up.
    #[must_use]
    pub fn end(&self) -> Option<&Certificate> {
        self.path().last()
    }

    /// What is wrong with the order, if anything is. What is sent beside the way up does no harm.
    #[must_use]
    pub fn disorder(&self) -> Option<Disorder> {
        let first = *self.path.first()?;
        if self.leaf().is_none_or(|leaf| leaf.is_ca && self.sent.len() > 1) {
            return Some(Disorder::NoLeaf);
        }
        if first != 0 {
            return Some(Disorder::LeafNotFirst);
        }
        let ascending = self.path.iter().zip(self.path.iter().skip(1)).all(|(one, next)| one < next);
        (!ascending).then_some(Disorder::Shuffled)
    }

    /// Whether the issuer of the last one on the way up is neither there nor among these roots.
    #[must_use]
    pub fn is_open(&self, roots: &[&Certificate]) -> bool {
        self.end().is_some_and(|end| !end.is_self_signed() && self.root_among(roots).is_none())
    }

    /// The first of these roots that the chain leads to: it issued the last one on the way up, or is on it.
    #[must_use]
    pub fn root_among<'a>(&self, roots: &[&'a Certificate]) -> Option<&'a Certificate> {
        let leads = |root: &&&Certificate| {
            self.path().any(|one| {
                one.fingerprint == root.fingerprint || (!one.is_self_signed() && one.may_be_issued_by(root))
            })
        };
        roots.iter().find(leads).copied()
    }
}
