using System.Text;
using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What an envelope asks of us, from the door of the queue to the peer.</summary>
public sealed class IntakeToPeerTests
{
    [Fact]
    public async Task Dsn_parameters_arrive_at_the_peer_as_they_were_given()
    {
        var intake = new IntakeKit();
        var submission = IntakeKit.Submission("bob@example.net", "eve@example.net");
        await intake.AcceptAsync(IntakeKit.Plain, submission with
        {
            Envelope = submission.Envelope with
            {
                Return = DsnReturn.Headers,
                EnvelopeId = "order 7",
                Recipients =
                [
                    submission.Envelope.Recipients[0] with { Notify = DsnNotify.Success | DsnNotify.Delay, OriginalRecipient = "rfc822;list@example.org" },
                    submission.Envelope.Recipients[1] with { Notify = DsnNotify.Never },
                ],
            },
        });
        var task = Assert.Single(await intake.Store.LeaseDueAsync(QueueLane.Of("example.net"), 10, CancellationToken.None)) with { Content = Encoding.UTF8.GetBytes(IntakeKit.Plain) };
        var kit = new DeliveryKit();
        kit.Peers.Extensions = new PeerExtensions { Dsn = true };

        await kit.AttemptAsync(task, DeliveryKit.MxRoute("example.net", FakePeers.Host("mx.example.net")));

        var envelope = kit.Peers.Transactions[0].Transaction.Envelope;
        Assert.Equal((DsnReturn.Headers, "order 7"), (envelope.Return, envelope.EnvelopeId));
        Assert.Equal([DsnNotify.Success | DsnNotify.Delay, DsnNotify.Never], envelope.Recipients.Select(r => r.Notify));
        Assert.Equal("rfc822;list@example.org", envelope.Recipients[0].OriginalRecipient);
    }
}
