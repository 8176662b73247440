using Relay.Delivery;
using Relay.Mail;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What peers announce is obeyed, and what they do not master is remembered.</summary>
public sealed class PeerLimitTests
{
    private readonly DeliveryKit _kit = new();
    private readonly Route _route = DeliveryKit.MxRoute("example.com", FakePeers.Host("mx1.example.com"));

    [Fact]
    public async Task Rcptmax_splits_transactions()
    {
        _kit.Peers.Extensions = new PeerExtensions { MaxRecipients = 2 };

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com", "b@example.com", "c@example.com"]), _route);

        Assert.Equal([2, 1], _kit.Peers.Transactions.Select(t => t.Transaction.Envelope.Recipients.Count));
        Assert.Equal(3, result.Feedback.Delivered);
    }

    [Fact]
    public async Task Mailmax_ends_the_connection_and_the_rest_goes_over_another_one()
    {
        _kit.Peers.Extensions = new PeerExtensions { MaxRecipients = 1, MaxTransactions = 2 };

        await _kit.AttemptAsync(_kit.Task(["a@example.com", "b@example.com", "c@example.com"]), _route);
        await _kit.Background.WhenIdleAsync();

        Assert.Equal([2, 1], _kit.Peers.Sessions.Select(s => s.Sent));
        Assert.Equal([true, false], _kit.Peers.Sessions.Select(s => s.HasQuit));
    }

    [Fact]
    public async Task Rcptdomainmax_keeps_domains_apart()
    {
        _kit.Peers.Extensions = new PeerExtensions { MaxRecipientDomains = 1 };

        await _kit.AttemptAsync(_kit.Task(["a@example.com", "b@example.net", "c@example.com"]), _route);

        Assert.Equal(["a@example.com c@example.com", "b@example.net"], _kit.Peers.Transactions.Select(t => string.Join(' ', t.Transaction.Envelope.Recipients.Select(r => r.Mailbox))));
    }

    [Fact]
    public async Task Too_large_is_told_without_transferring()
    {
        _kit.Peers.Extensions = new PeerExtensions { SizeAnnounced = true, MaxSizeBytes = 10 };

        var outcome = (await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route)).Outcomes[0].Outcome;

        Assert.Equal((OutcomeKind.Rejected, "5.3.4", null), (outcome.Kind, outcome.Status.ToString(), outcome.Reply));
        Assert.Empty(_kit.Peers.Transactions);
    }

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public async Task Chunks_are_used_where_offered_and_wanted(bool isOffered, bool isWanted, bool expected)
    {
        var kit = new DeliveryKit(new DeliveryOptions { Hostname = "relay.example.org", UseChunking = isWanted });
        kit.Peers.Extensions = new PeerExtensions { Chunking = isOffered };

        await kit.AttemptAsync(kit.Task(["a@example.com"]), _route);

        Assert.Equal(expected, kit.Peers.Transactions[0].Transaction.UseChunking);
    }

    [Fact]
    public async Task A_host_that_does_not_know_bdat_gets_data_at_once_and_for_a_day()
    {
        _kit.Peers.Extensions = new PeerExtensions { Chunking = true };
        _kit.Peers.Answer("mx1.example.com", (_, t) => t.UseChunking
            ? FakePeers.All(t, null, TransactionStep.Content, isUsable: false) with { IsChunkingRefused = true }
            : FakePeers.All(t, SmtpReply.Of(250, "2.0.0", "ok"), TransactionStep.FinalDot));

        var first = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);
        await _kit.AttemptAsync(_kit.Task(["b@example.com"]), _route);
        _kit.Clock.Advance(TimeSpan.FromHours(25));
        await _kit.AttemptAsync(_kit.Task(["c@example.com"]), _route);

        Assert.Equal(OutcomeKind.Delivered, first.Outcomes[0].Outcome.Kind);
        Assert.Equal([true, false, false, true, false], _kit.Peers.Transactions.Select(t => t.Transaction.UseChunking));
        Assert.True(_kit.Peers.Sessions[0].IsDisposed);
    }

    [Fact]
    public async Task A_host_that_loses_pipelined_commands_is_spoken_to_step_by_step()
    {
        _kit.Peers.Extensions = new PeerExtensions { Pipelining = true };
        _kit.Peers.Answer("mx1.example.com", (_, t) => t.UsePipelining
            ? FakePeers.All(t, null, TransactionStep.Recipient, isUsable: false) with { IsPipeliningSuspect = true }
            : FakePeers.All(t, SmtpReply.Of(250, "2.0.0", "ok"), TransactionStep.FinalDot));

        var first = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);
        var second = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        Assert.Equal([OutcomeKind.Deferred, OutcomeKind.Delivered], [first.Outcomes[0].Outcome.Kind, second.Outcomes[0].Outcome.Kind]);
    }

    [Fact]
    public async Task A_handshake_that_breaks_is_tried_once_with_tls_1_2_alone_and_then_in_clear()
    {
        _kit.Peers.Extensions = new PeerExtensions { StartTls = true };
        _kit.Peers.TlsFailure = new SmtpProtocolException(TransactionStep.StartTls, null, "stalled") { Handshake = HandshakeFailure.Broken };

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        Assert.Equal([false, true], _kit.Peers.Demands.Select(d => d.IsTls12Only));
        Assert.Equal(3, _kit.Peers.Dialled.Count);
        Assert.Equal((OutcomeKind.Delivered, null), (result.Outcomes[0].Outcome.Kind, result.Outcomes[0].Outcome.Tls));
    }

    [Fact]
    public async Task A_certificate_that_is_refused_is_not_tried_again()
    {
        _kit.Peers.Extensions = new PeerExtensions { StartTls = true };
        _kit.Peers.TlsFailure = new SmtpProtocolException(TransactionStep.StartTls, null, "expired") { Handshake = HandshakeFailure.Certificate };
        var route = DeliveryKit.MxRoute("example.com", new SiteOptions { Tls = DeliveryTlsMode.Required }, FakePeers.Host("mx1.example.com"));

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), route);

        Assert.Single(_kit.Peers.Dialled);
        Assert.Equal((OutcomeKind.Deferred, "tls"), (result.Outcomes[0].Outcome.Kind, result.Outcomes[0].Outcome.Class));
    }

    [Fact]
    public async Task What_the_client_refused_by_itself_is_not_put_into_the_peers_mouth()
    {
        _kit.Peers.Answer("mx1.example.com", (_, t) => new TransactionResult
        {
            Recipients = [new RecipientResult(SmtpReply.Of(550, "5.6.7", "needs SMTPUTF8"), TransactionStep.Recipient, false) { IsOurs = true }],
            IsConnectionUsable = true,
        });

        var outcome = (await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route)).Outcomes[0].Outcome;

        Assert.Equal((OutcomeKind.Rejected, null, "5.6.7"), (outcome.Kind, outcome.Reply, outcome.Status.ToString()));
    }
}
