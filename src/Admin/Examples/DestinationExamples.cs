using Relay.Delivery;
using static Relay.Admin.AdminExamples;

namespace Relay.Admin;

internal static class DestinationExamples
{
    public static readonly RouteAnswer Route = new(
        "example.net", [new RuleExplanation("bulk", "the stream is transactional")], "mx", "MX records", null, null, "mx.example.net",
        [new HostExplanation("mx1.example.net", 10, null, null, null, [new AddressExplanation("192.0.2.25", null)])], ["mx1.example.net [192.0.2.25] port 25"], "default",
        [new SourceExplanation("a", ["192.0.2.9"], "relay.example.com", 1, "ready")], [new LimitExplanation("max connections", "10", "built-in default")], null, "opportunistic",
        "built-in default", null, null, null);

    public static readonly SiteAnswer Site = new(
        "mx.example.net", "a", 4, 2, 38, 6, new LimitAnswer("10", "site.\"mx.example.net\""), new LimitAnswer("600/min", "site.\"mx.example.net\""),
        new LimitAnswer("none", "built-in default"), new LimitAnswer("100", "built-in default"), new LimitAnswer("100", "built-in default"),
        new LimitAnswer("opportunistic", "built-in default"), [new OverrideStatus("throttled", "60/min", "450 4.7.1 Try again later", At(10, 30))], "no room: 6 connections are allowed now",
        null, null, "450 4.7.1 Try again later", At(9, 30, 2), 14_100, 840, 12);

    public static readonly SourceStatus Source = new(
        "a", ["192.0.2.9"], "relay.example.com", null, null, [new ReverseNameFinding("192.0.2.9", "relay.example.com", null)]);

    public static IEnumerable<object> All =>
    [
        Route,
        new SitePage([Site], null),
        new SuspensionRequest("domain", "example.net", "they asked for a pause", At(18, 0)),
        new SuspensionAnswer(7, "domain", "example.net", "they asked for a pause", "alice", At(9, 40), At(18, 0)),
        new DecisionAnswer(31, "limited", At(9, 30), At(10, 30), true, "mx.example.net", "a", "throttled", null, "60/min", "450 4.7.1 Try again later", null),
        new WarmupAnswer(
            "new-address", "a", [50, 100, 200, 400], [new WarmupSiteAnswer("mx.example.net", 3, false, 200, 120, 117, 2, 1, 0, null, null)]),
        new BrakeAnswer(5, 1, "default", "credential", "4", "login app", "bounces", "12 of 100 recipients bounced in the last hour", At(9, 10)),
    ];
}
