using System.Text;
using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DeliveryAttemptTests
{
    private readonly DeliveryKit _kit = new();
    private readonly Route _route = DeliveryKit.MxRoute("example.com", FakePeers.Host("mx1.example.com", 10), FakePeers.Host("mx2.example.com", 20));

    [Fact]
    public async Task Sends_prefix_and_content_to_the_most_preferred_host()
    {
        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com", "b@example.com"]), _route);

        Assert.All(result.Outcomes, o => Assert.Equal(OutcomeKind.Delivered, o.Outcome.Kind));
        Assert.Equal(FeedbackKind.Success, result.Feedback.Kind);
        Assert.Equal(2, result.Feedback.Delivered);
        var (host, transaction) = Assert.Single(_kit.Peers.Transactions);
        Assert.Equal("mx1.example.com", host);
        Assert.Equal("Received: by relay.example.org\r\n", Encoding.ASCII.GetString(transaction.Prefix.Span));
        Assert.Equal(transaction.Prefix.Length + transaction.Content.Length, transaction.SizeBytes);
        Assert.Equal("mx1.example.com", result.Outcomes[0].Outcome.RemoteHost);
        Assert.Null(result.Outcomes[0].Outcome.Conversation);
    }

    [Fact]
    public async Task Keeps_one_outcome_per_recipient()
    {
        _kit.Peers.Answer("mx1.example.com", (_, t) => Results(("550 5.1.1", TransactionStep.Recipient), ("250 2.0.0", TransactionStep.FinalDot), ("450 4.2.0", TransactionStep.Recipient)));

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com", "b@example.com", "c@example.com"]), _route);

        Assert.Equal([OutcomeKind.Rejected, OutcomeKind.Delivered, OutcomeKind.Deferred], result.Outcomes.Select(o => o.Outcome.Kind));
        Assert.Equal("S: 220 mx1.example.com", result.Outcomes[0].Outcome.Conversation);
        Assert.Single(_kit.Peers.Transactions);
    }

    [Fact]
    public async Task Goes_to_the_next_host_when_one_cannot_be_reached()
    {
        _kit.Peers.Connect("mx1.example.com", () => throw new DialException("connection refused", isTimeout: false));

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        Assert.Equal((OutcomeKind.Delivered, "mx2.example.com"), (result.Outcomes[0].Outcome.Kind, result.Outcomes[0].Outcome.RemoteHost));
    }

    [Theory]
    [InlineData(250)]
    [InlineData(421)]
    public async Task A_host_of_somebody_else_does_not_speak_for_the_site(int code)
    {
        var kit = new DeliveryKit();
        kit.Peers.Refuse = target => target.Host.Name == "mx1.example.com" ? new DialException("connection refused", isTimeout: false) : null;
        kit.Peers.Answer("mx.example.org", (_, transaction) => FakePeers.All(transaction, SmtpReply.Of(code, code == 250 ? "2.0.0" : "4.3.2", "so"), TransactionStep.FinalDot, isUsable: code == 250));
        var other = FakePeers.Host("mx.example.org", 20, "192.0.2.2") with { IsForeign = true };

        var result = await kit.AttemptAsync(kit.Task(["a@example.com"]), DeliveryKit.MxRoute("example.com", FakePeers.Host("mx1.example.com"), other));

        Assert.Equal(("mx.example.org", true), (result.Outcomes[0].Outcome.RemoteHost, result.Outcomes[0].Outcome.IsForeign));
        Assert.Equal(FeedbackKind.Neutral, result.Feedback.Kind);
    }

    [Fact]
    public async Task A_5xx_greeting_moves_on_to_the_next_host()
    {
        _kit.Peers.Connect("mx1.example.com", () => throw new SmtpProtocolException(TransactionStep.Greeting, SmtpReply.Of(554, "5.7.1", "go away"), "refused"));

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        Assert.Equal("mx2.example.com", result.Outcomes[0].Outcome.RemoteHost);
    }

    [Fact]
    public async Task Tells_the_refusal_in_words_when_no_host_could_be_had()
    {
        _kit.Peers.Connect("mx1.example.com", () => throw new SmtpProtocolException(TransactionStep.Greeting, SmtpReply.Of(554, "5.7.1", "blocked by policy"), "refused"));
        _kit.Peers.Connect("mx2.example.com", () => throw new DialException("connection refused", isTimeout: false));

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        var outcome = result.Outcomes[0].Outcome;
        Assert.Equal((OutcomeKind.Deferred, "blocked by policy", "mx1.example.com"), (outcome.Kind, outcome.Text, outcome.RemoteHost));
        Assert.Equal(FeedbackKind.ConnectionFailure, result.Feedback.Kind);
    }

    [Fact]
    public async Task A_4xx_at_mail_tries_the_next_host_and_one_at_rcpt_does_not()
    {
        _kit.Peers.Answer("mx1.example.com", (_, t) => FakePeers.All(t, SmtpReply.Of(451, "4.3.0", "later"), TransactionStep.Mail));
        var first = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);
        Assert.Equal("mx2.example.com", first.Outcomes[0].Outcome.RemoteHost);

        _kit.Peers.Answer("mx1.example.com", (_, t) => FakePeers.All(t, SmtpReply.Of(450, "4.2.0", "greylisted"), TransactionStep.Recipient));
        var second = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), DeliveryKit.MxRoute("other", FakePeers.Host("mx1.example.com"), FakePeers.Host("mx3.example.com", 20)));
        Assert.Equal((OutcomeKind.Deferred, "mx1.example.com"), (second.Outcomes[0].Outcome.Kind, second.Outcomes[0].Outcome.RemoteHost));
    }

    [Fact]
    public async Task What_the_first_host_said_stands_when_the_next_cannot_be_reached()
    {
        _kit.Peers.Answer("mx1.example.com", (_, t) => FakePeers.All(t, SmtpReply.Of(451, "4.3.0", "disk full"), TransactionStep.Mail));
        _kit.Peers.Connect("mx2.example.com", () => throw new DialException("connection refused", isTimeout: false));

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        Assert.Equal("disk full", result.Outcomes[0].Outcome.Text);
    }

    [Fact]
    public async Task Splits_at_the_sites_limit_of_recipients()
    {
        var route = DeliveryKit.MxRoute("example.com", new SiteOptions { MaxRecipientsPerTransaction = 2 }, FakePeers.Host("mx1.example.com"));

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com", "b@example.com", "c@example.com"]), route);

        Assert.Equal([2, 1], _kit.Peers.Transactions.Select(t => t.Transaction.Envelope.Recipients.Count));
        Assert.Single(_kit.Peers.Sessions);
        Assert.Equal(3, result.Feedback.Delivered);
    }

    [Fact]
    public async Task Recipients_called_too_many_go_at_once_in_the_next_transaction()
    {
        _kit.Peers.Answer("mx1.example.com", (_, t) => new TransactionResult
        {
            Recipients = t.Envelope.Recipients.Select((_, i) => i == 0
                ? new RecipientResult(SmtpReply.Of(250, "2.0.0", "ok"), TransactionStep.FinalDot, false)
                : new RecipientResult(SmtpReply.Of(452, "4.5.3", "too many recipients"), TransactionStep.Recipient, false)).ToList(),
            IsConnectionUsable = true,
        });

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com", "b@example.com", "c@example.com"]), _route);

        Assert.Equal(3, _kit.Peers.Transactions.Count);
        Assert.All(result.Outcomes, o => Assert.Equal(OutcomeKind.Delivered, o.Outcome.Kind));
    }

    [Fact]
    public async Task Too_many_without_any_accepted_is_an_ordinary_deferral()
    {
        _kit.Peers.Answer("mx1.example.com", (_, t) => FakePeers.All(t, SmtpReply.Of(452, "4.5.3", "too many recipients"), TransactionStep.Recipient));

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com", "b@example.com"]), _route);

        Assert.Single(_kit.Peers.Transactions);
        Assert.All(result.Outcomes, o => Assert.Equal(OutcomeKind.Deferred, o.Outcome.Kind));
    }

    [Fact]
    public async Task Reuses_the_connection_up_to_the_sites_limit_and_then_quits()
    {
        var route = DeliveryKit.MxRoute("example.com", new SiteOptions { MaxMessagesPerConnection = 2 }, FakePeers.Host("mx1.example.com"));
        for (var i = 0; i < 3; i++)
        {
            await _kit.AttemptAsync(_kit.Task(["a@example.com"]), route);
        }

        await _kit.Background.WhenIdleAsync();
        Assert.Equal([2, 1], _kit.Peers.Sessions.Select(s => s.Sent));
        Assert.True(_kit.Peers.Sessions[0].HasQuit);
        Assert.False(_kit.Peers.Sessions[1].HasQuit);
    }

    [Fact]
    public async Task A_dead_idle_connection_is_replaced_without_counting()
    {
        await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);
        _kit.Peers.Answer("mx1.example.com", (session, t) => session == _kit.Peers.Sessions[0]
            ? FakePeers.All(t, null, TransactionStep.Mail, isUsable: false)
            : FakePeers.All(t, SmtpReply.Of(250, "2.0.0", "ok"), TransactionStep.FinalDot));

        var result = await _kit.AttemptAsync(_kit.Task(["b@example.com"]), _route);

        Assert.Equal(OutcomeKind.Delivered, result.Outcomes[0].Outcome.Kind);
        Assert.Equal(2, _kit.Peers.Sessions.Count);
        Assert.True(_kit.Peers.Sessions[0].IsDisposed);
    }

    [Fact]
    public async Task A_connection_lost_after_the_final_dot_is_unknown_and_not_sent_again_now()
    {
        _kit.Peers.Answer("mx1.example.com", (_, t) => FakePeers.All(t, null, TransactionStep.FinalDot, isUsable: false, mayBeAccepted: true));

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        Assert.Equal(OutcomeKind.Unknown, result.Outcomes[0].Outcome.Kind);
        Assert.Single(_kit.Peers.Transactions);
        Assert.Equal(FeedbackKind.ConnectionFailure, result.Feedback.Kind);
    }

    [Fact]
    public async Task A_host_is_not_given_the_mail_of_a_route_that_does_not_name_it()
    {
        await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        await _kit.AttemptAsync(_kit.Task(["a@example.com"]), DeliveryKit.MxRoute("example.com", FakePeers.Host("mx9.example.com")));

        Assert.Equal(["mx1.example.com", "mx9.example.com"], _kit.Peers.Dialled);
    }

    [Fact]
    public async Task Opportunistic_tls_is_used_where_offered_with_any_certificate()
    {
        _kit.Peers.Extensions = new PeerExtensions { StartTls = true };
        _kit.Peers.TlsAfterStart = new Relay.Smtp.TlsInfo("TLS1.3", "TLS_AES_128_GCM_SHA256", IsVerified: false);

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        Assert.Equal("TLS1.3 TLS_AES_128_GCM_SHA256 unverified", result.Outcomes[0].Outcome.Tls);
        Assert.False(_kit.Peers.Sessions[0].MustVerify);
    }

    [Fact]
    public async Task A_failed_opportunistic_handshake_goes_on_in_clear_to_the_same_host()
    {
        _kit.Peers.Extensions = new PeerExtensions { StartTls = true };
        _kit.Peers.TlsFailure = new SmtpProtocolException(TransactionStep.StartTls, null, "handshake failed");

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        Assert.Equal(["mx1.example.com", "mx1.example.com"], _kit.Peers.Dialled);
        Assert.Equal((OutcomeKind.Delivered, null), (result.Outcomes[0].Outcome.Kind, result.Outcomes[0].Outcome.Tls));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Required_tls_never_goes_in_clear(bool isOffered)
    {
        _kit.Peers.Extensions = new PeerExtensions { StartTls = isOffered };
        _kit.Peers.TlsFailure = new SmtpProtocolException(TransactionStep.StartTls, null, "certificate does not match");
        var route = DeliveryKit.MxRoute("example.com", new SiteOptions { Tls = DeliveryTlsMode.Required }, FakePeers.Host("mx1.example.com"));

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), route);

        Assert.Empty(_kit.Peers.Transactions);
        Assert.Equal((OutcomeKind.Deferred, "tls"), (result.Outcomes[0].Outcome.Kind, result.Outcomes[0].Outcome.Class));
    }

    [Fact]
    public async Task A_login_is_used_at_the_smarthost()
    {
        var route = DeliveryKit.MxRoute("smarthost", FakePeers.Host("mx1.example.com")) with { Kind = RouteKind.Smarthost, Login = new RouteLogin("me", "secret") };

        await _kit.AttemptAsync(_kit.Task(["a@example.com"]), route);

        Assert.Equal("me", _kit.Peers.Sessions[0].Login!.Login);
    }

    [Theory]
    [InlineData("size", "5.3.4")]
    [InlineData("utf8", "5.6.7")]
    [InlineData("requiretls", "5.7.30")]
    public async Task What_the_peer_cannot_do_is_known_without_a_transaction(string need, string status)
    {
        _kit.Peers.Extensions = new PeerExtensions { StartTls = true, SizeAnnounced = true, MaxSizeBytes = need == "size" ? 10 : 100_000 };
        var task = _kit.Task([need == "utf8" ? "ä@example.com" : "a@example.com"], message: m => m with { SmtpUtf8 = true, RequireTls = need == "requiretls" });

        var result = await _kit.AttemptAsync(task, _route);

        Assert.Equal((OutcomeKind.Rejected, status), (result.Outcomes[0].Outcome.Kind, result.Outcomes[0].Outcome.Status.ToString()));
        Assert.Empty(_kit.Peers.Transactions);
    }

    [Fact]
    public async Task A_flagged_message_without_anything_international_needs_no_smtputf8()
    {
        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"], message: m => m with { SmtpUtf8 = true }), _route);

        Assert.Equal(OutcomeKind.Delivered, result.Outcomes[0].Outcome.Kind);
        Assert.False(_kit.Peers.Transactions[0].Transaction.Envelope.SmtpUtf8);
    }

    [Fact]
    public async Task Trouble_with_the_keys_defers_before_any_connection()
    {
        _kit.KeyTrouble = new System.Security.Cryptography.CryptographicException("bad key");

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);

        Assert.Equal((OutcomeKind.Deferred, "signing", FaultSide.Relay), (result.Outcomes[0].Outcome.Kind, result.Outcomes[0].Outcome.Class, result.Outcomes[0].Outcome.Fault));
        Assert.Empty(_kit.Peers.Dialled);
    }

    [Fact]
    public async Task Content_that_cannot_be_read_defers()
    {
        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]) with { Content = null }, _route);

        Assert.Equal((OutcomeKind.Deferred, "local"), (result.Outcomes[0].Outcome.Kind, result.Outcomes[0].Outcome.Class));
    }

    [Fact]
    public async Task A_stop_keeps_what_is_decided_and_gives_the_rest_back()
    {
        using var cut = new CancellationTokenSource();
        var route = DeliveryKit.MxRoute("example.com", new SiteOptions { MaxRecipientsPerTransaction = 1 }, FakePeers.Host("mx1.example.com"));
        _kit.Peers.Answer("mx1.example.com", (_, t) =>
        {
            _kit.Peers.Gate = new TaskCompletionSource().Task;
            cut.Cancel();
            return FakePeers.All(t, SmtpReply.Of(250, "2.0.0", "ok"), TransactionStep.FinalDot);
        });

        var result = await _kit.Attempt.RunAsync(_kit.Job(_kit.Task(["a@example.com", "b@example.com"]), route), _kit.QueueFor(route), cut.Token);

        Assert.Equal([OutcomeKind.Delivered, OutcomeKind.NotAttempted], result.Outcomes.Select(o => o.Outcome.Kind));
    }

    [Fact]
    public async Task Further_transactions_wait_for_the_rate_uncounted()
    {
        var route = DeliveryKit.MxRoute(
            "example.com", new SiteOptions { MaxRecipientsPerTransaction = 1, MessageRate = new MessageRate(1, TimeSpan.FromHours(1)) }, FakePeers.Host("mx1.example.com"));
        var queue = _kit.QueueFor(route);
        var job = _kit.Job(_kit.Task(["a@example.com", "b@example.com"]), route);
        queue.TryTakeTokens(job, _kit.Clock.Now);

        var result = await _kit.Attempt.RunAsync(job, queue, CancellationToken.None);

        Assert.Equal([OutcomeKind.Delivered, OutcomeKind.NotAttempted], result.Outcomes.Select(o => o.Outcome.Kind));
        Assert.Equal(_kit.Clock.Now.AddHours(1), result.Outcomes[1].Outcome.RetryAt);
    }

    [Fact]
    public async Task Idle_connections_are_closed_after_their_time()
    {
        await _kit.AttemptAsync(_kit.Task(["a@example.com"]), _route);
        _kit.Pool.CloseIdle(everything: false);
        Assert.Equal(1, _kit.Pool.TotalIdle);

        _kit.Clock.Advance(_kit.Options.IdleTimeout);
        _kit.Pool.CloseIdle(everything: false);
        await _kit.Background.WhenIdleAsync();

        Assert.Equal(0, _kit.Pool.TotalIdle);
        Assert.True(_kit.Peers.Sessions[0].HasQuit);
    }

    private static TransactionResult Results(params (string Reply, TransactionStep Step)[] results) => new()
    {
        Recipients = results.Select(r => new RecipientResult(
            SmtpReply.Of(int.Parse(r.Reply[..3], System.Globalization.CultureInfo.InvariantCulture), r.Reply[4..], "text"), r.Step, false)).ToList(),
        IsConnectionUsable = true,
    };
}
