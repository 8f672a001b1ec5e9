//! Every command, told once: help, Slack's usage hint and Discord's options are made from this table.

/// How one command is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The verb.
    pub name: &'static str,
    /// Other verbs that mean the same. Approving has none: it must be deliberate.
    pub synonyms: &'static [&'static str],
    /// What follows the verb, in order; what is required comes first.
    pub arguments: &'static [Argument],
    /// What it does, in one line.
    pub help: &'static str,
    /// A use of it, without `/agw`.
    pub example: &'static str,
}

/// One argument of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    /// Its name: lower-case letters only, as Discord wants the name of an option.
    pub name: &'static str,
    /// Whether the command makes no sense without it.
    pub required: bool,
    /// What it is, in a few words.
    pub help: &'static str,
}

const fn optional(name: &'static str, help: &'static str) -> Argument {
    Argument { name, required: false, help }
}

const INCIDENT: Argument =
    Argument { name: "incident", required: true, help: "the incident, such as INC-7K2F" };
const CODE: Argument = optional("code", "the code on the plan, 4 to 64 hex digits");

/// Every command, in the order in which help lists them.
pub const USAGE: &[Usage] = &[
    Usage {
        name: "diagnose",
        synonyms: &["diag", "check"],
        arguments: &[optional("gateway", "the gateway's name; may be left out if there is only one")],
        help: "find out why a gateway answers 502, and offer a fix",
        example: "diagnose agw-prod",
    },
    Usage {
        name: "status",
        synonyms: &["health"],
        arguments: &[optional("gateway", "the gateway's name; all of them if left out")],
        help: "show the health of every backend server",
        example: "status agw-prod",
    },
    Usage {
        name: "list",
        synonyms: &["ls", "incidents"],
        arguments: &[],
        help: "list the open incidents",
        example: "list",
    },
    Usage {
        name: "show",
        synonyms: &[],
        arguments: &[INCIDENT],
        help: "show one incident, its evidence and its plan",
        example: "show INC-7K2F",
    },
    Usage {
        name: "audit",
        synonyms: &["trail"],
        arguments: &[INCIDENT],
        help: "show who did what on an incident, when and from where",
        example: "audit INC-7K2F",
    },
    Usage {
        name: "code",
        synonyms: &["bicep", "terraform", "iac"],
        arguments: &[INCIDENT],
        help: "say the change of an incident as Bicep, Terraform and az commands",
        example: "code INC-7K2F",
    },
    Usage {
        name: "explain",
        synonyms: &[],
        arguments: &[Argument {
            name: "text",
            required: true,
            help: "the message of a health probe, as the portal shows it",
        }],
        help: "say what a probe message means, and what would settle its cause",
        example: "explain Received invalid status code: 403",
    },
    Usage {
        name: "approve",
        synonyms: &[],
        arguments: &[INCIDENT, CODE],
        help: "approve the plan of an incident, so that it is applied",
        example: "approve INC-7K2F 9f3a",
    },
    Usage {
        name: "reject",
        synonyms: &["deny", "decline"],
        arguments: &[INCIDENT, optional("reason", "why, in your own words")],
        help: "decline the plan of an incident",
        example: "reject INC-7K2F we mend the app instead",
    },
    Usage {
        name: "recheck",
        synonyms: &["re-check"],
        arguments: &[INCIDENT],
        help: "look again, after you changed something yourself",
        example: "recheck INC-7K2F",
    },
    Usage {
        name: "undo",
        synonyms: &["revert", "rollback"],
        arguments: &[INCIDENT, optional("reason", "why, in your own words")],
        help: "offer to take back what was applied for an incident",
        example: "undo INC-7K2F the checkout got slower",
    },
    Usage {
        name: "logs",
        synonyms: &["logging"],
        arguments: &[optional("gateway", "the gateway's name; may be left out if there is only one")],
        help: "offer to keep a gateway's access and firewall logs, where nobody does",
        example: "logs agw-prod",
    },
    Usage {
        name: "watch",
        synonyms: &["alerts", "monitor"],
        arguments: &[optional("gateway", "the gateway's name; may be left out if there is only one")],
        help: "offer the metric alerts that a gateway lacks",
        example: "watch agw-prod",
    },
    Usage {
        name: "snooze",
        synonyms: &["silence"],
        arguments: &[
            Argument { name: "gateway", required: true, help: "the gateway's name" },
            Argument {
                name: "time",
                required: true,
                help: "30m, 2h, 1d, seven days at the most; off ends it",
            },
        ],
        help: "keep alerts about a gateway quiet for a while, and show what still fires when it is over",
        example: "snooze agw-prod 2h",
    },
    Usage {
        name: "help",
        synonyms: &["?", "-h", "--help", "usage"],
        arguments: &[optional("topic", "a command")],
        help: "say what I can do",
        example: "help approve",
    },
];

impl Usage {
    /// How the command goes: `/agw approve <incident> [code]`.
    #[must_use]
    pub fn line(&self) -> String {
        format!("/agw {}", self.short())
    }

    fn short(&self) -> String {
        let arguments = self.arguments.iter().map(|argument| match argument.required {
            true => format!(" <{}>", argument.name),
            false => format!(" [{}]", argument.name),
        });
        format!("{}{}", self.name, arguments.collect::<String>())
    }
}

/// The command with this name or synonym, in any case.
#[must_use]
pub fn find_usage(verb: &str) -> Option<&'static Usage> {
    let named = |name: &&str| name.eq_ignore_ascii_case(verb);
    USAGE.iter().find(|usage| named(&usage.name) || usage.synonyms.iter().any(named))
}

/// All commands in one line, for the hint that Slack shows beside `/agw`.
#[must_use]
pub fn usage_hint() -> String {
    USAGE.iter().map(Usage::short).collect::<Vec<_>>().join(" | ")
}
