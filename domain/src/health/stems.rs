//! The wordings we know, as rules over stems. Microsoft's own wordings are in "Troubleshoot backend health
//! issues in Application Gateway" (Microsoft Learn; azure-docs before 2026, SupportArticles-docs since); the
//! section that a rule comes from stands above it.
//!
//! Stems stand between bars, in folded words (see [`super::folds`]). One ends where its last word may go on,
//! and a dot at its end says that it may not; a star stands for up to five words.

use super::rules::Kind;

/// What a sentence must say to tell of a symptom.
pub(super) struct Rule {
    pub(super) kind: Kind,
    /// What it must be about: one stem of each line.
    pub(super) about: &'static [&'static str],
    /// Trouble by itself, unless it is denied: "expired", but not "not expired".
    pub(super) faults: &'static str,
    /// Trouble if it is denied: "does not match", but not "matches".
    pub(super) needs: &'static str,
}

const CERT: &str = "cert. | tls. | ssl. | x509. | openssl. | https.";
const SERVER: &str = "\
            backend | server | host. | hosts. | port. | ports. | address | endpoint | upstream | instance \
            | vm. | vms. | tcp. | connection | pool | target | ip. | somehost | probe | listening | app. | \
            application. | 80. | 443. | 8080. | 8443. | econnrefused | origin";

/// The first rule that a sentence fits wins, so what is more particular stands further up.
pub(super) const RULES: &[Rule] = &[
    // "Backend health status: unknown", and the infrastructure ports of both versions.
    Rule {
        kind: Kind::StatusUnavailable,
        about: &["65200 | 65503 | 65534 | 65535"],
        faults: "block | clos | deni | deny | drop | unreachable | unknown | filtered",
        needs: "retriev | open. | allow | reach | accessible | permitted",
    },
    Rule {
        kind: Kind::StatusUnavailable,
        about: &["health"],
        faults: "\
            health unknown. | health is unknown. | health status unknown. | health status is unknown. | \
            health state unknown. | health state is unknown. | health shows unknown. | health shows as \
            unknown. | health as unknown. | health status shows unknown. | health status as unknown. | \
            health says unknown. | health , unknown. | unknown health | unknown backend health | health \
            status unavailable | health data unavailable | health unavailable. | health is unavailable. | \
            health status is unavailable. | health status missing",
        needs: "\
            retriev | fetch | determin | obtain | collect | get health | get backend | get the backend | \
            get the health | get any health | read the backend health | read backend health | read the \
            health | load the health | load backend health | health status is available | health status \
            available | health data available | health data is available | health information | health \
            status known | health data. | query | queried",
    },
    Rule {
        kind: Kind::StatusUnavailable,
        about: &["backend | server | probe | pool"],
        faults: "\
            status is unknown. | status unknown. | unknown status. | status , unknown. | state is unknown. \
            | shows as unknown. | in unknown state | in state unknown.",
        needs: "",
    },
    // "HTTP response body mismatch".
    Rule {
        kind: Kind::BodyMismatch,
        about: &["\
            body. | content. | string. | substring. | keyword. | response text | match text | page text"],
        faults: "\
            mismatch | lack | missing | differ | wrong | unexpected | empty | without the expected | other \
            than expected | absent",
        needs: "\
            match | contain | includ | found. | find. | equal | present. | have. | has. | in the response \
            | in the body | in response | returned. | expected. | seen. | appear | there. | correspond",
    },
    // "Troubleshooting bad gateway errors": unhealthy instances in the pool; the access log's
    // ERRORINFO_UPSTREAM_NO_LIVE.
    Rule {
        kind: Kind::NoHealthyServer,
        about: &["\
            backend | server | pool | host. | hosts. | instance | member | target | upstream | node"],
        faults: "\
            no healthy | no live | zero healthy | 0 healthy | without healthy | without any healthy | \
            without a healthy | no single healthy | no server is healthy | no backend server is healthy | \
            no backend servers are healthy | no servers are healthy | no backend is healthy | no backend \
            are healthy | no instance is healthy | no instances are healthy | none of * is healthy | none \
            of * are healthy | none are healthy | none is healthy | all * are unhealthy | all * is \
            unhealthy | all * unhealthy | every * unhealthy | every * is unhealthy | all * are down. | all \
            * down. | every * is down. | every * down. | 0 of * healthy | not one * healthy",
        needs: "\
            any healthy | single healthy | single * healthy | one healthy \
            | any live | have healthy | have a healthy",
    },
    // "Proxy protocol header"; the sentence itself is advice.
    Rule {
        kind: Kind::ProxyProtocol,
        about: &["proxyprotocol"],
        faults: "\
            reject | refus | mismatch | misconfigur | unexpected | malformed | invalid | choke | missing | \
            proxyprotocol error | proxyprotocol * fail | ignor",
        needs: "\
            accept | understand | support | expect | speak | parse | enabled | configured | set up | \
            handle | recogni | cope | read. | know",
    },
    Rule {
        kind: Kind::ProxyProtocol,
        about: &["proxyprotocol", "accept | understand | support | expect | handle", "probe | backend"],
        faults: "verify. | ensure. | check. | confirm.",
        needs: "",
    },
    // "HTTP status code mismatch".
    Rule {
        kind: Kind::StatusMismatch,
        about: &["\
            statuscode | status mismatch | status , | status of the response | response | unexpected \
            status | invalid status | wrong status | status."],
        faults: "\
            invalid statuscode | statuscode * mismatch | statuscode mismatch | status mismatch | mismatch \
            * statuscode | unexpected statuscode | unexpected status. | invalid status. | wrong statuscode \
            | wrong status. | bad statuscode | unacceptable | unacceptable statuscode | statuscode * \
            outside | statuscode * invalid | statuscode is wrong | statuscode * unexpected | outside * \
            range | outside the accepted | outside of the accepted | unhealthy statuscode | statuscode \
            differ | statuscode * differ | error statuscode | failing statuscode",
        needs: "\
            match. | matched. | statuscode * match | match * statuscode | statuscode match | status match \
            | statuscode * accepted | statuscode * acceptable | statuscode * allowed | statuscode * within \
            | statuscode * in the range | statuscode * in range | statuscode * expected | expected \
            statuscode | accept * statuscode | accepted statuscode | acceptable statuscode | healthy \
            statuscode | statuscode * in the accepted | valid statuscode | statuscode * valid",
    },
    // "Backend certificate invalid CA … Backend certificate is invalid. Current date is not within".
    Rule {
        kind: Kind::TlsExpired,
        about: &["cert. | tls. | ssl. | x509. | openssl. | valid from | valid to | validity"],
        faults: "\
            expired. | not yet valid | not valid yet | no longer valid | outdated | out of date | lapsed | \
            outside * date | outside * validity | outside * valid | outside of * validity | past * expir | \
            past * valid | past * validity | past its | after * valid to | before * valid from | ran out. \
            | has run out | validity * over. | validity * ended | validity * passed | expiry * passed | \
            expiry error | expiration error | expiration * passed | expiry is in the past | date is in the \
            past | notafter * past | not valid before | valid from * future",
        needs: "\
            within * valid | in valid | between * valid | within * validity | within * date | in date. | \
            valid yet | inside * validity | inside * valid | still valid | valid any longer | currently \
            valid | valid today",
    },
    // "Backend certificate invalid CA": before the root is looked at, as a "trusted root CA" is one too.
    Rule {
        kind: Kind::TlsUntrusted,
        about: &["cert. | ca. | tls. | ssl. | issuer"],
        faults: "\
            unknown ca. | unknown to. | ca * unknown | unknown issuer | unknown authority | unknown cert | \
            unknown ca | private ca. | internal ca. | untrusted",
        needs: "\
            wellknown | publicly trusted | trusted ca. | public ca. | signed by a trusted | signed by \
            trusted | issued by a trusted | issued by trusted | known ca. | known to. | known by. | \
            recognised ca. | recognized ca. | trusted authority | trusted issuer | trusted by",
    },
    // "Trusted root certificate mismatch".
    Rule {
        kind: Kind::TlsRootMismatch,
        about: &["root. | roots. | authentication cert. | root cert", "cert. | ca. | root. | roots."],
        faults: "\
            mismatch | differ | different root | wrong root | incorrect root | another root | other root | \
            wrong trusted root | root * is wrong | root * is not the one | another trusted root",
        needs: "\
            match | signed by any | issued by any | chain to. | chains to. | lead to. | correspond | same \
            root | equal | signed by * uploaded | issued by * uploaded | signed by * configured | signed \
            by the * root | issued by the * root | signed by the root | issued by the root | signed by our \
            | the same. | the one. | fit. | agree",
    },
    // "Leaf certificate not topmost", "Intermediate certificate missing", "Leaf certificate missing".
    Rule {
        kind: Kind::TlsChain,
        about: &[
            "\
            chain. | chains. | intermediate. | intermediates. | leaf. | bundle. | topmost | misordered",
            "cert. | leaf. | intermediate. | intermediates. | tls. | ssl. | ca. | https.",
        ],
        faults: "\
            missing | incomplete | misordered | broken | lack | absent | omit | there is no intermediate | \
            sends no intermediate | has no intermediate | contains no intermediate | presents no \
            intermediate | without intermediate | without the intermediate | without an intermediate | \
            without its intermediate | not have intermediate | wrong | revers | partial | only the leaf | \
            only its leaf | only leaf | gap | shuffled | forgot | unordered | swapped | before the leaf",
        needs: "\
            complete | topmost | ordered | order. | sent. | send. | sends. | present. | presented. | \
            include | provid | serv | found. | first. | full. | contain | in the chain | return | supply | \
            deliver | attached | installed | on top | at the top | top. | sorted | have. | there. | part \
            of | at the beginning",
    },
    // "Backend certificate invalid CA", and the older "not whitelisted with Application Gateway".
    Rule {
        kind: Kind::TlsUntrusted,
        about: &["cert. | root. | ca. | issuer | tls. | ssl."],
        faults: "\
            selfsigned | unrecognized | unrecognised | distrust | unknown root | root * missing | missing \
            root | missing * root | has no root | have no root | no trusted root | root * not uploaded | \
            unknown signer",
        needs: "\
            trust | whitelist | allowlist | recogni | upload | signed by. | issued by. | vouch | root * \
            installed | root * added | root * configured | root * found | root * known | have * root | \
            allowed | accept * issuer",
    },
    // "Common Name (CN) doesn't match", on v2 also the Subject Alternative Name.
    Rule {
        kind: Kind::TlsNameMismatch,
        about: &[
            "\
            cn. | san. | sans. | sni. | name. | names. | hostname | host. | hosts. | domain | fqdn | \
            subject. | somehost",
            CERT,
        ],
        faults: NAME_FAULTS,
        needs: NAME_NEEDS,
    },
    Rule {
        kind: Kind::TlsNameMismatch,
        about: &["cn. | san. | sans."],
        faults: NAME_FAULTS,
        needs: NAME_NEEDS,
    },
    // "HTTPS probes: OpenSSL diagnostics for the error code".
    Rule {
        kind: Kind::TlsOther,
        about: &["cert. | tls. | ssl. | x509. | openssl. | https. | handshake"],
        faults: "\
            revoked. | verify error | verification error | validation error | handshake error | handshake \
            fail | handshake failure | handshake alert | openssl * error code | cipher mismatch | no \
            shared cipher | no common cipher | fatal alert | unsupported protocol | handshake aborted",
        needs: "\
            verif | validat | negotiat | handshake | agree on | cipher | tls version | tls 1",
    },
    // "DNS resolution error": "could not create a probe for this backend".
    Rule {
        kind: Kind::Dns,
        about: &["backend | appgw", "fqdn | probe | name. | hostname"],
        faults: "\
            wrong fqdn | fqdn is wrong | fqdn * wrong | invalid fqdn | fqdn * invalid | fqdn * incorrect",
        needs: "create * probe for | probe * created for | fqdn * correct | entered correctly",
    },
    Rule {
        kind: Kind::Dns,
        about: &["\
            dns. | fqdn | name. | names. | hostname | host. | domain | record. | backend | nxdomain | \
            server. | servfail | enotfound | somehost | address. | resolution | getaddrinfo"],
        faults: "\
            nxdomain | error resolving | error while resolving | trouble resolving | problem resolving | \
            failed resolving | resolution of * fail | no such host | unknown host | hostname unknown | \
            servfail | enotfound | dns error | dns resolution error | resolution error | dns fail | dns \
            lookup error | dns lookup fail | dns * timedout | dns problem | dns issue | unresolvable | \
            unresolved | no dns record | no dns entry | no dns server | no a record | without dns | \
            missing dns | dns record missing | dns record is missing | name or service not known | dns is \
            broken | dns broken | getaddrinfo | dns * fail",
        needs: "\
            resolv | lookup | looked up | find * name | find the host. | translat | resolution | name \
            exist | exist. | found in dns | find an ip | find the ip | find an address | find ip | in dns. \
            | name known | name found | hostname found | fqdn found | host found",
    },
    // "TCP connect error".
    Rule {
        kind: Kind::CannotConnect,
        about: &[SERVER],
        faults: "\
            connection * refused | connection * failed | connection * fails | connection failed | \
            connection fail | connecting * failed | connect * failed | connection refused | connections \
            refused | connect * refused | refused * connection | refuses * connection | refusing * \
            connection | refuse * connection | refused to connect | rejects * connection | rejected * \
            connection | actively refused | econnrefused | econnreset | ehostunreach | connection * reset \
            | reset by peer | reset the connection | resets the connection | closed * connection | closes \
            * connection | connection * closed | connection * terminated | terminated * connection | \
            connection aborted | connection dropped | connection error | connect error | connection * \
            timedout | connection * timeout. | connect timeout | connect * timedout | connecting * \
            timedout | tcp * timedout | tcp * timeout. | tcp error | unreachable | inaccessible | no route \
            to | no connectivity | connectivity error | connectivity issue | connectivity problem | lost \
            connectivity | port * is closed | port closed | closed port | port is blocked | port * is \
            blocked | port blocked | nsg * blocks | nsg * blocking | nsg blocks | firewall * blocks | \
            firewall * blocking | blocked by * nsg | blocked by * firewall | blocked by nsg | blocked by \
            firewall | no listener | no connection | nobody listens | connection * unsuccessful | no tcp \
            connection | wrong port",
        needs: "\
            connect. | connected | connects. | connecting | connection attempt | connectable | reach. | \
            reached. | reaches. | reachable | contact. | contacted | open a connection | open connection | \
            open a tcp | open tcp | establish | listen | accept * connection | accepting * connection | \
            accepts * connection | accessible | communicat | access * backend | access * server | \
            connectivity | talk to | get through to",
    },
    // "Backend server timeout".
    Rule {
        kind: Kind::Timeout,
        about: &["\
            backend | server | probe | appgw | response | request | upstream | host. | endpoint | instance \
            | app. | application. | somehost | vm. | pool | origin"],
        faults: "\
            timedout. | timeout. | time taken * more than | time taken * longer than | time taken * exceed \
            | more time than | took too long | takes too long | taking too long | taken too long | too \
            slow | too late | response time * exceed | exceed * timeout | exceeds * timeout | exceeded * \
            timeout | exceeding * timeout | exceeded the time | exceed * threshold | exceeds * threshold | \
            exceeded * threshold | timeoutsetting * exceeded | timeoutsetting exceeded | deadline exceeded \
            | longer than the | takes longer than | took longer than | taking longer than | exceeded * \
            time limit | exceeds * time limit | longer to * than | longer than * timeout | longer than * \
            seconds | longer than * s. | slower than | beyond * timeout | over the timeout | after the \
            timeout | more than the timeout | above the timeout | ran into * timeout | runs into * timeout \
            | running into * timeout | timeoutsetting expired | timeoutsetting * reached | timeoutsetting \
            was hit | hit the timeout | hits the timeout | hang. | hangs. | hanging. | hung.",
        needs: "\
            respond. | responds. | responded. | responding. | response. | answer. | answers. | answered. | \
            answering. | reply. | replies. | replied. | in time. | intime. | within * timeout | received \
            within | within the threshold | within the time | quickly enough | fast enough | soon enough | \
            on time.",
    },
    // "HTTP status code mismatch", as people say it without the number.
    Rule {
        kind: Kind::StatusMismatch,
        about: &["backend | probe | server"],
        faults: "\
            returned forbidden | returned unauthorized | returned unauthorised | returned not found | is \
            forbidden | gets forbidden | got forbidden | gets unauthorized | got unauthorized | returns \
            forbidden | returns unauthorized | returns not found | 4xx | 5xx | returns internal server \
            error | with internal server error | returns bad gateway | returns service unavailable | \
            forbidden , | unauthorized ,",
        needs: "",
    },
];

const NAME_FAULTS: &str = "\
            mismatch | differ | wrong name | wrong cn | wrong host | wrong domain | wrong common | wrong \
            subject | different name | different host | different domain | another name | another host | \
            another domain | another site | other name | other host | someone else | incorrect name | \
            incorrect cn | wrong san | name is wrong | cn is wrong | hostname is wrong | different cn";
const NAME_NEEDS: &str = "\
            match | cover | includ | contain | correspond | valid for | equal | agree | issued for | \
            issued to | fit. | fits. | same | list | in the san | in its san | mention | carry | have the \
            | made out | name the | good for";

/// A complaint about a certificate that names no reason: looked for in every sentence after the rules.
pub(super) const VAGUE: Rule = Rule {
    kind: Kind::TlsOther,
    about: &["cert. | tls. | ssl. | x509. | openssl."],
    faults: "\
            invalid. | cert * error | tls * error | ssl * error | ssl error | tls error | cert error | \
            certificate problem | cert problem | bad cert | tls * fail | ssl * fail | cert * fail | \
            rejected | rejects | tls alert | ssl alert | tls problem | ssl problem | cert * rejected | \
            refused | tls issue | ssl issue | cert issue",
    needs: "valid. | accept | verif | ok. | good. | establish | complete",
};

/// The links Microsoft puts at the end: a second signal, for wordings that we do not know.
pub(super) const SLUGS: &[(&str, Kind)] = &[
    ("servernotreachable", Kind::CannotConnect),
    ("probetimeout", Kind::Timeout),
    ("unknownbackendhealth", Kind::StatusUnavailable),
    ("backendcertcnmismatch", Kind::TlsNameMismatch),
];

/// Words of success, of the probe or of what it probes.
pub(super) const SUCCESS: &str = "\
            probe success | probe succe | probe * succe | probe passes | probe passed | probe * passed. | \
            probe * passes. | probe * fine. | probe * ok. | probe ok. | probe * green. | probe is healthy \
            | successful probe | backend * healthy. | backend healthy. | server healthy. | server * \
            healthy. | servers * healthy. | servers healthy. | pool is healthy. | backend , healthy. | \
            server , healthy. | health , healthy. | status , healthy. | probe , healthy. | probe , ok. | \
            probe , success";

/// Words of trouble: with one of these, a text does not tell of success.
pub(super) const TROUBLE: &str = "\
            fail | invalid | mismatch | unexpected | error | unhealthy | refused | unsuccess | wrong | \
            incorrect | outside | rejected | denied | down. | timedout | timeout. | expired | unreachable \
            | missing | untrusted | slow. | empty | degraded | flap";

/// What answers a probe, or stands for its answer: beside one of these a number can be its status.
pub(super) const SPEAKERS: &str = "\
            probe | backend | server. | servers. | statuscode | received | returned | upstream | endpoint \
            | response | http | somehost | status";

/// With one of these, a number from 100 to 599 is a status code without a verb beside it.
pub(super) const STATUS_WORDS: &str = "\
            status | statuscode | http. | https. | response | unauthorized | unauthorised | forbidden | \
            not found | unavailable | bad gateway | bad request | server error | ok. | instead of | \
            healthy. | unhealthy | error. | fails. | failing. | failed. | fail.";

/// Who else may be answered: what they see says nothing about the probe.
pub(super) const VISITORS: &str = "\
            users | user. | clients | client. | visitors | customers | browser | website | site. | page. | \
            pages. | appgw returns | appgw gives | appgw shows | appgw returned | appgw throws | appgw \
            answers | appgw sends";

/// What is wanted or asked for has not been seen.
pub(super) const WISHES: &str = "\
            alert me | notify me | tell me | if. | what does the | what do | how. | should accept | should \
            allow | to accept | set match";
