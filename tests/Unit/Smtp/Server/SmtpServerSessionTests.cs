using System.Net;
using System.Text;
using Relay.Mail;
using Relay.Smtp;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>The session with values only; conversations on the wire are in tests/Conversation.</summary>
public sealed class SmtpServerSessionTests
{
    private readonly ScriptedPolicy _policy = new();
    private readonly CollectingSink _sink = new();

    [Fact]
    public async Task Greets_with_the_host_name_and_no_enhanced_code()
    {
        var step = await NewSession().OpenAsync(CancellationToken.None);
        Assert.Equal("220 mail.example.com ESMTP", step.Reply.ToString());
        Assert.Equal(SessionNext.Command, step.Next);
    }

    [Fact]
    public async Task Moves_through_the_phases_of_a_transaction()
    {
        var session = NewSession();
        Assert.Equal(SessionPhase.Connected, session.Phase);
        await SayAsync(session, "EHLO client.example");
        Assert.Equal(SessionPhase.Ready, session.Phase);
        await SayAsync(session, "MAIL FROM:<a@example.com>");
        Assert.Equal(SessionPhase.Mail, session.Phase);
        await SayAsync(session, "RCPT TO:<b@example.net>");
        Assert.Equal(SessionPhase.Recipients, session.Phase);
        var data = await SayAsync(session, "DATA");
        Assert.Equal(SessionPhase.Content, session.Phase);
        Assert.Equal(SessionNext.Content, data.Next);
        var done = await session.FinishContentAsync(data.Writer!, null);
        Assert.Equal(250, done.Reply.Code);
        Assert.Equal(SessionPhase.Ready, session.Phase);
        Assert.Single(_sink.Messages);
    }

    [Fact]
    public async Task A_greeting_at_which_nobody_could_say_who_the_client_is_opens_nothing()
    {
        var session = NewSession();
        _policy.Failure = new InvalidOperationException("the store is away");
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await SayAsync(session, "EHLO client.example"));
        _policy.Failure = null;
        Assert.Equal(SessionPhase.Connected, session.Phase);
        Assert.Equal(503, (await SayAsync(session, "MAIL FROM:<a@example.com>")).Reply.Code);
        Assert.Equal(250, (await SayAsync(session, "EHLO client.example")).Reply.Code);
        Assert.Equal(SessionPhase.Ready, session.Phase);
    }

    [Fact]
    public async Task Only_group_ending_verbs_are_answered_at_once()
    {
        var session = NewSession();
        Assert.True((await SayAsync(session, "EHLO client.example")).EndsGroup);
        Assert.False((await SayAsync(session, "MAIL FROM:<a@example.com>")).EndsGroup);
        Assert.False((await SayAsync(session, "RCPT TO:<b@example.net>")).EndsGroup);
        Assert.False((await SayAsync(session, "RSET")).EndsGroup);
        Assert.True((await SayAsync(session, "NOOP")).EndsGroup);
    }

    [Fact]
    public async Task A_login_that_is_no_longer_good_ends_the_session_at_its_next_command_but_quit()
    {
        _policy.Users["alice"] = "secret";
        _policy.OffersAuthenticationInClear = true;
        _policy.Ending = SmtpReply.Of(421, "4.7.0", "gone");
        var session = NewSession();
        await SayAsync(session, "EHLO client.example");
        Assert.Equal(250, (await SayAsync(session, "NOOP")).Reply.Code);
        await SayAsync(session, "AUTH PLAIN AGFsaWNlAHNlY3JldA==");

        var step = await SayAsync(session, "NOOP");

        Assert.Equal((421, SessionNext.Close), (step.Reply.Code, step.Next));
        Assert.Equal(221, (await SayAsync(session, "QUIT")).Reply.Code);
    }

    [Fact]
    public async Task Who_is_known_without_login_is_asked_for_at_every_command_too()
    {
        _policy.KnownClient = AuthenticationResult.Success("printers", credentialId: 7, accountId: 3);
        _policy.Ending = SmtpReply.Of(421, "4.7.0", "gone");
        var session = NewSession();
        await SayAsync(session, "EHLO client.example");
        Assert.Equal(SessionNext.Close, (await SayAsync(session, "MAIL FROM:<a@example.com>")).Next);
    }

    [Fact]
    public async Task A_refused_content_commits_nothing_and_closes_after_a_bare_line_ending()
    {
        var session = NewSession();
        await SayAsync(session, "EHLO client.example");
        await SayAsync(session, "MAIL FROM:<a@example.com>");
        await SayAsync(session, "RCPT TO:<b@example.net>");
        var data = await SayAsync(session, "DATA");
        var done = await session.FinishContentAsync(data.Writer!, ServerReplies.ContentBareLineEnding);
        Assert.Equal(SessionNext.Close, done.Next);
        Assert.Empty(_sink.Messages);
    }

    [Fact]
    public async Task Tls_makes_it_forget_everything()
    {
        _policy.Users["alice"] = "secret";
        _policy.OffersAuthenticationInClear = true;
        var session = NewSession();
        await SayAsync(session, "EHLO client.example");
        await SayAsync(session, "AUTH PLAIN AGFsaWNlAHNlY3JldA==");
        Assert.Equal("alice", session.Facts.Login);
        session.TlsEstablished(new TlsInfo("TLS1.3", "TLS_AES_128_GCM_SHA256", false));
        Assert.Null(session.Facts.Login);
        Assert.Null(session.Facts.HelloName);
        Assert.Equal(SessionPhase.Connected, session.Phase);
    }

    [Fact]
    public async Task Login_carries_credential_and_account()
    {
        _policy.Users["alice"] = "secret";
        _policy.OffersAuthenticationInClear = true;
        var session = NewSession();
        await SayAsync(session, "EHLO client.example");
        await SayAsync(session, "AUTH PLAIN AGFsaWNlAHNlY3JldA==");
        Assert.Equal(7, session.Facts.CredentialId);
        Assert.Equal(3, session.Facts.AccountId);
    }

    [Fact]
    public async Task Policy_sees_announced_size_and_recipients_so_far()
    {
        var session = NewSession();
        await SayAsync(session, "EHLO client.example");
        await SayAsync(session, "MAIL FROM:<a@example.com> SIZE=77");
        await SayAsync(session, "RCPT TO:<b@example.net>");
        await SayAsync(session, "RCPT TO:<b@example.net>");
        Assert.Equal([77L], _policy.AnnouncedSizes);
        Assert.Equal(1, _policy.RecipientsAsked);
    }

    [Fact]
    public async Task The_envelope_given_to_the_sink_no_longer_changes()
    {
        var session = NewSession();
        await SayAsync(session, "EHLO client.example");
        await SayAsync(session, "MAIL FROM:<a@example.com>");
        await SayAsync(session, "RCPT TO:<b@example.net>");
        var data = await SayAsync(session, "DATA");
        await session.FinishContentAsync(data.Writer!, null);
        await SayAsync(session, "MAIL FROM:<a@example.com>");
        await SayAsync(session, "RCPT TO:<c@example.net>");
        Assert.Equal("b@example.net", Assert.Single(_sink.Messages[0].Envelope.Recipients).Mailbox.ToString());
    }

    [Fact]
    public async Task Is_idle_only_outside_transaction_and_login()
    {
        _policy.Users["alice"] = "secret";
        _policy.OffersAuthenticationInClear = true;
        var session = NewSession();
        Assert.True(session.IsIdle);
        await SayAsync(session, "EHLO client.example");
        await SayAsync(session, "AUTH LOGIN");
        Assert.False(session.IsIdle);
        await session.ContinueAuthenticationAsync("*"u8.ToArray(), CancellationToken.None);
        Assert.True(session.IsIdle);
        await SayAsync(session, "MAIL FROM:<a@example.com>");
        Assert.False(session.IsIdle);
    }

    [Fact]
    public async Task A_login_that_cannot_be_checked_is_refused_for_now_and_not_counted()
    {
        _policy.Users["alice"] = "secret";
        _policy.OffersAuthenticationInClear = true;
        var session = NewSession();
        await SayAsync(session, "EHLO client.example");
        await SayAsync(session, "AUTH LOGIN");
        Assert.Equal("454 4.7.0", session.Fail().Reply.ToString()[..9]);
        Assert.Equal("451 4.3.0", session.Fail().Reply.ToString()[..9]);
    }

    [Fact]
    public void Every_verb_has_a_rule()
    {
        foreach (var verb in Enum.GetValues<SmtpVerb>())
        {
            Assert.NotEqual(default, CommandRules.For(verb).Phases);
        }
    }

    [Fact]
    public async Task Every_reply_but_greeting_hello_and_intermediate_ones_has_an_enhanced_code()
    {
        var session = NewSession();
        foreach (var line in new[] { "HELP", "NOOP", "RSET", "VRFY x", "EXPN x", "FOO", "DATA", "MAIL FROM:<a@example.com>", "QUIT" })
        {
            Assert.NotNull((await SayAsync(session, line)).Reply.Enhanced);
        }

        Assert.Null((await SayAsync(session, "EHLO client.example")).Reply.Enhanced);
    }

    private static ValueTask<SessionStep> SayAsync(SmtpServerSession session, string line) =>
        session.HandleAsync(SmtpCommandParser.Parse(Encoding.UTF8.GetBytes(line)), CancellationToken.None);

    private SmtpServerSession NewSession() => new(
        new SmtpServerOptions { Listener = "test", Hostname = "mail.example.com", TlsOptions = TestCertificates.ServerOptions },
        _policy,
        _sink,
        new SmtpSession
        {
            ConnectionId = "c1",
            Listener = "test",
            Peer = new IPEndPoint(IPAddress.Parse("192.0.2.77"), 40000),
            Local = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 25),
        },
        new ManualTimeProvider());
}
