using Relay.Platform.Emails;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class EmailStatusTests
{
    public static TheoryData<DeliveryEventKind, FaultSide, bool> Events()
    {
        var data = new TheoryData<DeliveryEventKind, FaultSide, bool>();
        foreach (var kind in Enum.GetValues<DeliveryEventKind>())
        {
            foreach (var fault in Enum.GetValues<FaultSide>())
            {
                data.Add(kind, fault, false);
                data.Add(kind, fault, true);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Events))]
    public void Every_event_has_the_statuses_of_the_documented_table(DeliveryEventKind kind, FaultSide fault, bool waits)
    {
        var deliveryEvent = new DeliveryEvent
        {
            Kind = kind,
            Fault = fault,
            At = DateTimeOffset.UnixEpoch,
            MessageId = default,
            NextAttempt = waits ? DateTimeOffset.UnixEpoch.AddHours(1) : null,
        };
        var documented = Rows().Where(row => IsMeant(row.Events, kind, fault, waits)).Select(row => row.Status);
        Assert.Equal(documented, EmailStatuses.Of(deliveryEvent).Select(status => status.Name()));
    }

    [Fact]
    public void The_table_holds_all_statuses_in_their_order() =>
        Assert.Equal(Enum.GetValues<EmailStatus>().Select(status => status.Name()), Rows().Select(row => row.Status));

    [Fact]
    public void Names_are_read_back()
    {
        Assert.All(Enum.GetValues<EmailStatus>(), status => Assert.Equal(status, EmailStatuses.Parse(status.Name())));
        Assert.Null(EmailStatuses.Parse("delivered"));
    }

    private static bool IsMeant(string events, DeliveryEventKind kind, FaultSide fault, bool waits) => events.Split(", ").Any(text => text switch
    {
        "`Accepted` with a time to wait for" => kind == DeliveryEventKind.Accepted && waits,
        "`Accepted`" => kind == DeliveryEventKind.Accepted && !waits,
        "`Bounced` with fault side `Relay`" => kind == DeliveryEventKind.Bounced && fault == FaultSide.Relay,
        "`Bounced` otherwise" => kind == DeliveryEventKind.Bounced && fault != FaultSide.Relay,
        _ => text == $"`{kind}`",
    });

    private static List<(string Status, string Events)> Rows() =>
    [
        .. File.ReadLines(Path.Combine(TestData.Root, "docs", "events.md"))
            .SkipWhile(line => !line.StartsWith("## Statuses", StringComparison.Ordinal))
            .TakeWhile(line => !line.StartsWith("## Fields", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => (cells[1].Trim('`'), cells[2])),
    ];
}
