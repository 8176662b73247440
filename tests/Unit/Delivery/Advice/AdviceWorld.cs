using Relay.Delivery;
using Relay.Mail;
using Relay.Senders;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>The checks of what is good to have over a zone in memory.</summary>
internal sealed class AdviceWorld : IReceivingDomains
{
    public ZoneTable Zone { get; init; } = new();

    public TimeProvider Time { get; init; } = new ManualTimeProvider();

    public FakePolicyHosts Policies { get; } = new();

    /// <summary>Domains whose mail this server takes.</summary>
    public HashSet<string> Received { get; } = [];

    public IRecordAdvisor NewAdvisor() => new RecordAdvisor(
        new MailHostCheck(Zone, Zone, new DeliveryOptions { Hostname = "relay.example.com" }, this), new TlsReportCheck(Zone), new MtaStsCheck(Zone, Zone, Policies, Time), new BimiCheck(Zone), Time);

    public bool Takes(DomainName domain) => Received.Contains(domain.Ascii);

    public async Task<RecordAdvice> LookAsync(string check, IReadOnlyList<RecordAdvice>? before = null) =>
        (await NewAdvisor().LookAsync(DomainName.Parse("example.org"), before ?? [], default)).Single(advice => advice.Check == check);
}
