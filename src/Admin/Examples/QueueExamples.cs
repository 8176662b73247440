using Relay.Queue;
using static Relay.Admin.AdminExamples;

namespace Relay.Admin;

internal static class QueueExamples
{
    private const string LastReply = "450 4.7.1 Try again later";

    public static readonly CriteriaRequest OfDomain = new(null, null, "example.net", null, State: "deferred", OlderThan: At(6, 0));

    public static readonly CriteriaRequest OrdinaryWay = OfDomain with { To = "domain" };

    public static readonly QueueSummaryAnswer Summary = new(
        new Dictionary<string, long> { ["ready"] = 12, ["deferred"] = 840, ["delivered"] = 15_200 },
        [new KeySummary("example.net", 840, 2, 0, At(9, 45))],
        At(6, 2));

    public static IEnumerable<object> All =>
    [
        OfDomain,
        new QueueActionResult(838, 2),
        Summary,
        new QueueAgesAnswer("domain", [5, 10, 20, 40, 80, 160, 320, 640, 1280], [new QueueAgeRow("example.net", 842, [2, 0, 10, 30, 200, 600, 0, 0, 0, 0])]),
        new QueueEntryAnswer(
            MessageId, 4711, "bob@example.net", "example.net", "deferred", 3, At(9, 45), At(8, 30), "bounces@example.com", "App <app@example.com>", "Your receipt", 4_812, LastReply,
            "mx1.example.net"),
        new PrivacyJobAnswer("0195f0c4-6f3e-7c1a-9a57-2f4f5f0d9e11", "queue-act", "running", 40, 336, null, At(9, 40), null, null),
    ];
}
