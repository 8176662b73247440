using Relay.Platform;
using Relay.Queue;
using Relay.Senders;
using static Relay.Admin.AdminExamples;

namespace Relay.Admin;

internal static class DomainExamples
{
    private const string Record = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    private const string RecordName = "r1._domainkey.example.com";

    private static AdviceAnswer Advice => new(
        "tls-rpt", "missing", "there is no TXT _smtp._tls.example.com", "publish it to be told when others cannot deliver over TLS; the address is one that somebody reads",
        [new RecordToPublish("TXT", "_smtp._tls.example.com", "v=TLSRPTv1; rua=mailto:tls-reports@example.com")], null, At(9, 0), null, null);

    public static IEnumerable<object> All =>
    [
        new DomainRequest("example.com", "shop", false),
        new DomainAnswer(
            3, "example.com", "shop", "pending", false, null, At(9, 0), At(9, 5), At(8, 55), new LimitsRequest(null, null, null, null, null, null, null),
            [new DomainRecordAnswer("TXT", RecordName, Record, null, "pending", false, "there is no such record")], [Advice]),
        new ComplianceAnswer(
            "example.com", "bounces.example.com", At(9, 0), [RuleFault.Of(new ComplianceFinding(ComplianceRules.Spf, "example.com publishes no SPF record"))], ["ptr: DNS does not answer"],
            ["dmarc: v=DMARC1; p=quarantine"], [Advice]),
        new DkimKeyAnswer("example.com", "r1", "ed25519Sha256", "pending", RecordName, Record, At(8, 55)),
        new DkimCheckAnswer("example.com", "r1", "ed25519Sha256", "active", RecordName, Record, "found", "the record is published"),
    ];
}
