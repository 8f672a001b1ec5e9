//! The gateway works at the limit of what it may scale to.
//!
//! Asked only when visitors fail although every server is Healthy.
//! Confirmed by: capacity units at or above the limit, on average over the last five measured minutes, while the
//! gateway itself answers visitors with 502 or 503. A 504 is what a slow application gives, too, so that is
//! consistent only; and so is a busy processor of the first generation.
//! Mended by: a higher maximum.
//! Source: Microsoft, "Scaling Application Gateway v2 and WAF v2": an instance is about 10 capacity units, and
//! without a maximum it is 10 instances; "High traffic volume support for Application Gateway" (75 %).

use super::{Cause, Link, gateway_link, of_gateway, unseen, visits_line};
use crate::card::Text;
use crate::diagnosis::{Finding, Verdict};
use crate::evidence::{Inquiry, Seen, Unknown, Visit};
use crate::gateway::json;
use crate::monitor::metrics::Point;

/// How many capacity units an instance is.
const UNITS: u32 = 10;
/// How many instances it may become where nobody says.
const INSTANCES: u32 = 10;
/// The most instances that a gateway can have.
const MOST: u32 = 125;
/// The share of the limit from which on a gateway is busy.
const BUSY: f64 = 0.75;
/// How many measured minutes count.
const MINUTES: usize = 5;

pub(super) struct Capacity;

/// How much a gateway may carry.
struct Limit {
    metric: &'static str,
    value: f64,
    /// The most instances; none for the first generation, whose processor is measured.
    instances: Option<u32>,
    scales: bool,
}

impl Cause for Capacity {
    fn id(&self) -> &'static str {
        "gateway-capacity"
    }

    fn about(&self) -> &'static str {
        "The gateway works at the limit of what it may scale to."
    }

    fn breaks(&self) -> Link {
        Link::Gateway
    }

    fn survey(&self, inquiry: &Inquiry<'_>) -> Option<Finding> {
        let failed: Vec<&Visit> = inquiry.failed_visits_to_well_servers().collect();
        if failed.is_empty() {
            return None;
        }
        let measured = inquiry.load().and_then(|load| {
            let limit = limit(inquiry)?;
            let lately = load.of(limit.metric).find_map(|series| series.lately(inquiry.evidence.at, MINUTES));
            let lately = lately.ok_or_else(|| Unknown::Odd(format!("{} was not measured", limit.metric)))?;
            Ok((limit, lately))
        });
        match measured {
            Err(Unknown::Pending) => None,
            Err(why) => Some(unseen(self, "Whether the gateway is at the limit of its capacity", &why)),
            Ok((limit, lately)) => Some(found(self, inquiry, &limit, lately, &failed)),
        }
    }
}

fn limit(inquiry: &Inquiry<'_>) -> Result<Limit, Unknown> {
    let gateway = &inquiry.evidence.gateway;
    if gateway.is_v1() {
        return Ok(Limit { metric: "CpuUtilization", value: 100.0, instances: None, scales: false });
    }
    let own = json::properties(gateway.raw());
    let scaling = own.get("autoscaleConfiguration").filter(|scaling| scaling.is_object());
    let fixed = || own.get("sku").and_then(|sku| json::number::<u32>(sku, "capacity"));
    let most = match scaling {
        Some(scaling) => Some(json::number(scaling, "maxCapacity").unwrap_or(INSTANCES)),
        None => fixed(),
    };
    let most = most.filter(|most| *most > 0);
    let most =
        most.ok_or_else(|| Unknown::Odd("the gateway does not say how many instances it has".to_owned()))?;
    let value = f64::from(most.saturating_mul(UNITS));
    Ok(Limit { metric: "CapacityUnits", value, instances: Some(most), scales: scaling.is_some() })
}

fn found(
    cause: &dyn Cause,
    inquiry: &Inquiry<'_>,
    limit: &Limit,
    lately: Point,
    failed: &[&Visit],
) -> Finding {
    // Whoever waits in vain may be kept out on purpose, and a 504 is what a slow application gives.
    let refused = failed.iter().any(|visit| matches!(visit.seen, Seen::GatewayError { status: 502 | 503 }));
    let share = lately.value / limit.value;
    let (verdict, sentence) = if share >= 1.0 && refused && limit.instances.is_some() {
        (Verdict::Confirmed, "The gateway works at the limit of its capacity, and turns visitors away.")
    } else if share >= BUSY {
        (
            Verdict::Consistent,
            "The gateway is busy, near the limit of its capacity. That it turns visitors away for that reason is not settled.",
        )
    } else {
        (Verdict::RuledOut, "The gateway has capacity to spare.")
    };
    let evidence = vec![line(limit, lately), visits_line(failed.iter().copied())];
    let steps = if verdict == Verdict::RuledOut { Vec::new() } else { steps(inquiry, limit) };
    of_gateway(cause, verdict, Text::of(sentence), evidence, steps)
}

fn line(limit: &Limit, lately: Point) -> Text {
    let Point { at, value } = lately;
    let line = Text::of("Metric ").code(limit.metric);
    let line = match limit.instances {
        Some(most) => line.say(format!(
            ": {value:.1} on average over {MINUTES} minutes, of {:.0} that {most} {} can carry, measured until ",
            limit.value,
            if most == 1 { "instance" } else { "instances" },
        )),
        None => line.say(format!(": {value:.0} % on average over {MINUTES} minutes, measured until ")),
    };
    line.time(at)
}

fn steps(inquiry: &Inquiry<'_>, limit: &Limit) -> Vec<Text> {
    let (link, place) = gateway_link(inquiry);
    let update = "az network application-gateway update";
    let raise = match (limit.instances, limit.scales) {
        (Some(MOST..), _) => {
            Text::of(format!("It has {MOST} instances, which is the most: move some sites from "))
                .text(link)
                .say(" to another gateway.")
        }
        (Some(most), true) => Text::of(format!("Raise the most instances above {most}, up to {MOST}, in "))
            .text(link)
            .say(": ")
            .code(format!("{update} {place} --max-capacity {}", most.saturating_mul(2).min(MOST))),
        (most, _) => {
            let more =
                most.map_or_else(|| "COUNT".to_owned(), |most| most.saturating_mul(2).min(MOST).to_string());
            Text::of("Give ")
                .text(link)
                .say(" more instances: ")
                .code(format!("{update} {place} --capacity {more}"))
        }
    };
    vec![
        raise,
        Text::of("Each instance takes an address of the gateway's subnet; see that there are enough."),
    ]
}
