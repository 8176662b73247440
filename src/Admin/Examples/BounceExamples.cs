using Relay.Delivery;
using Relay.Mail;
using static Relay.Admin.AdminExamples;

namespace Relay.Admin;

internal static class BounceExamples
{
    private static readonly VerdictAnswer Verdict = VerdictAnswer.Of(
        BounceClassifier.Shipped.Classify(ReportEvidence.OfReply("550 5.1.1 No such user", "Recipient", "mx1.example.net")));

    /// <summary>What a mail host sends back about a recipient it could not deliver to (RFC 3464).</summary>
    public const string Report = "From: <>\r\nTo: bounces@example.com\r\nMIME-Version: 1.0\r\n"
        + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        + "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx1.example.net\r\n\r\n"
        + "Final-Recipient: rfc822; joe@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 No such user\r\n\r\n--b--\r\n";

    public const string Csv = "address,scope,reason,detail,evidence,message_id,created_at,expires_at\r\njoe@example.net,account,hardBounce,,550 5.1.1 No such user,01m7z1ajp4f04a1y0943d1j8de,2030-03-04T09:30:02Z,\r\n";

    public const string CsvToImport = "address,reason,detail\r\njoe@example.net,complaint,told by telephone\r\n";

    public static IEnumerable<object> All =>
    [
        Verdict,
        new ExplainRequest("550 5.1.1 No such user", "recipient", "mx1.example.net"),
        new ReportAnswer(
            "delivery-status", "mx1.example.net", null, "<receipt-981@example.com>", MessageId,
            [new ReportedAnswer("joe@example.net", null, "failed", 550, "5.1.1", "No such user", Verdict)]),
        new BounceReplayResult(
            "2026-03", 1_204, 3, 3, 0, [new BounceChangeCount("other", "invalid-recipient", 3)],
            [new BounceChange(88_120, "other", "invalid-recipient", false, true, "unknown-user", "550 No such user")]),
        new AggregatePage([Aggregate with { Rows = [] }], null),
        Aggregate,
        new SuppressionRequest("joe@example.net", "asked by telephone", null, null, null),
        Suppressed,
        new SuppressionPage([Suppressed], null),
        new SuppressionImportAnswer(1_000, 999, 1, ["row 17: 'nobody' is not an e-mail address, nor *@domain or local@*"]),
    ];

    private static SuppressionAnswer Suppressed => new("joe@example.net", "account", "hardBounce", null, "550 5.1.1 No such user", MessageId, At(9, 30, 2), null);

    private static AggregateAnswer Aggregate => new(
        12, "dmarc", "example.com", "example.net", "example.net!example.com!1772323200", At(0, 0).AddDays(-1), At(0, 0), At(4, 12), 1_530, 1_528,
        [new AggregateRow("192.0.2.9", "none, dkim pass, spf pass", 1_528, true), new AggregateRow("198.51.100.4", "none, dkim fail, spf fail", 2, false)]);
}
