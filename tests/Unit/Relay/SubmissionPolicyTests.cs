using System.Net;
using System.Text;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SubmissionPolicyTests : SubmissionPolicyCase
{
    [Fact]
    public async Task Refuses_strangers_at_mail_where_a_login_is_required()
    {
        var reply = await Policy().MailAsync(Session("198.51.100.1"), Envelope("a@example.com"), null, None);

        AssertReply(reply, 530, "5.7.0", "authentication required: use STARTTLS, then AUTH");
    }

    [Theory]
    [InlineData("bob@gmail", true)]
    [InlineData("bob@localhost", true)]
    [InlineData("bob@192.0.2.7", true)]
    [InlineData("bob@mailhost", false)]
    [InlineData("bob@example.net", false)]
    public async Task Short_names_are_refused_where_full_domains_are_required(string address, bool isRefused)
    {
        var policy = Policy(rules => rules with { ShortNames = new HashSet<string> { "mailhost" } });
        var (session, recipient) = (Session("192.0.2.77"), new EnvelopeRecipient(Mailbox.Parse(address)));

        Assert.Equal(isRefused ? "5.1.8" : null, (await policy.MailAsync(session, Envelope(address), null, None))?.Enhanced.ToString());
        Assert.Equal(isRefused ? "5.1.2" : null, (await policy.RecipientAsync(session, Envelope("a@example.com"), recipient, None))?.Enhanced.ToString());
        Assert.Null(await policy.MailAsync(session, Envelope(""), null, None));
        Assert.Null(await Policy().MailAsync(session, Envelope(address), null, None));
        Assert.Null(await Policy().RecipientAsync(session, Envelope("a@example.com"), recipient, None));
        var stranger = await Policy(rules => rules with { RequiresLogin = false, ShortNames = new HashSet<string>() }).MailAsync(Session("198.51.100.1"), Envelope(address), null, None);
        Assert.Null(stranger);
    }

    [Fact]
    public async Task Does_not_speak_of_starttls_behind_it()
    {
        var reply = await Policy().MailAsync(Session("198.51.100.1") with { Tls = Tls }, Envelope("a@example.com"), null, None);

        AssertReply(reply, 530, "5.7.0", "authentication required");
    }

    [Theory]
    [InlineData("192.0.2.77")]
    [InlineData("::ffff:192.0.2.77")]
    public async Task Lets_relay_networks_in_without_login(string address)
    {
        var policy = Policy();

        Assert.Null(await policy.MailAsync(Session(address), Envelope("a@example.com"), null, None));
        Assert.Null(await policy.RecipientAsync(Session(address), Envelope("a@example.com"), Bob, None));
        Assert.True(policy.IsExempt(Session(address)));
    }

    [Fact]
    public async Task Lets_everybody_in_where_login_is_switched_off()
    {
        var policy = Policy(rules => rules with { IsOpenToClients = true, RequiresLogin = false, AllowsAuthentication = false });

        Assert.Null(await policy.RecipientAsync(Session("198.51.100.1"), Envelope("a@example.com"), Bob, None));
    }

    [Fact]
    public async Task Relays_for_nobody_unknown_where_login_is_optional()
    {
        var policy = Policy(rules => rules with { RequiresLogin = false });

        Assert.Null(await policy.MailAsync(Session("198.51.100.1"), Envelope("a@example.com"), null, None));
        AssertReply(await policy.RecipientAsync(Session("198.51.100.1"), Envelope("a@example.com"), Bob, None), 550, "5.7.1", "relaying denied: log in first, or submit from a network allowed to relay");
    }

    [Fact]
    public async Task Takes_mail_for_the_postmaster_from_strangers_where_login_is_optional()
    {
        var policy = Policy(rules => rules with { RequiresLogin = false });

        Assert.Null(await policy.RecipientAsync(Session("198.51.100.1"), Envelope("a@example.com"), new EnvelopeRecipient(Mailbox.Parse("postmaster@relay.example.com")), None));
    }

    [Fact]
    public void Offers_login_only_over_tls_and_once()
    {
        Assert.False(Policy().OffersAuthentication(Session("192.0.2.1")));
        Assert.True(Policy().OffersAuthentication(Session("192.0.2.1") with { Tls = Tls }));
        Assert.False(Policy().OffersAuthentication(Session("192.0.2.1") with { Tls = Tls, Login = "app" }));
        Assert.False(Policy(rules => rules with { AllowsAuthentication = false }).OffersAuthentication(Session("192.0.2.1") with { Tls = Tls }));
    }

    [Fact]
    public async Task A_login_holds_what_it_is_restricted_to()
    {
        await AddUserAsync("app", new CredentialRestrictions { AllowedSenders = ["example.com"] });
        var policy = Policy();

        var result = await policy.AuthenticateAsync(Session("198.51.100.1"), "app", "correct horse battery", None);

        var session = Session("198.51.100.1") with { Tls = Tls, Login = result.Login, CredentialId = result.CredentialId, Identity = result.Identity };
        Assert.Equal("app", result.Login);
        Assert.Null(await policy.MailAsync(session, Envelope("any@example.com"), null, None));
        AssertReply(await policy.MailAsync(session, Envelope("any@example.org"), null, None), 553, "5.7.1", "login app may not send as <any@example.org>");
    }

    [Theory]
    [InlineData("Reject", "From: any@example.org", "550 5.7.1 login app may not send with From: <any@example.org>")]
    [InlineData("Reject", "From: App <a@example.com>, Other <b@example.org>", "550 5.7.1 login app may not send with From: <b@example.org>")]
    [InlineData("Reject", "From: =?utf-8?q?=3Ca=40example.com=3E_=28?= <b@example.org>", "550 5.7.1 login app may not send with From: <b@example.org>")]
    [InlineData("Reject", "From: CEO <b@example.org>: a@example.com;", "550 5.7.1 login app may not send with From: <b@example.org>")]
    [InlineData("Reject", "From: b@example.org: a@example.com;", "550 5.7.1 login app may not send with From: <b@example.org>")]
    [InlineData("Reject", "From: \"b@example.org\": a@example.com;", "550 5.7.1 login app may not send with From: a text that is no address")]
    [InlineData("Reject", "From: CEO <b@example.org.>, a@example.com", "550 5.7.1 login app may not send with From: a text that is no address")]
    [InlineData("Reject", "From: =?utf-8?q?b=40example.org?=, a@example.com", "550 5.7.1 login app may not send with From: a text that is no address")]
    [InlineData("Reject", "From: a@example.com (x <b@example.org>", "550 5.7.1 login app may not send with From: a text that is no address")]
    [InlineData("Reject", "From: =?utf-8?q?I_=3C3_mail_=3A=28?= <a@example.com>", null)]
    [InlineData("Reject", "From: Doe, John <a@example.com>", null)]
    [InlineData("Reject", "From: Sales: a@example.com;", null)]
    [InlineData("Reject", "From: nonsense", "550 5.7.1 login app may not send with From: a text that is no address")]
    [InlineData("Reject", "From: App <a@EXAMPLE.com>", null)]
    [InlineData("Warn", "From: any@example.org", null)]
    [InlineData("Off", "From: any@example.org", null)]
    public async Task Holds_a_login_to_its_senders_in_the_header_too(string mode, string field, string? expected)
    {
        await AddUserAsync("app", new CredentialRestrictions { AllowedSenders = ["example.com"] });
        var policy = Policy(rules => rules with { SenderCheck = Enum.Parse<SenderCheck>(mode) });
        var result = await policy.AuthenticateAsync(Session("198.51.100.1"), "app", "correct horse battery", None);
        var session = Session("198.51.100.1") with { Tls = Tls, Login = result.Login, Identity = result.Identity };

        Assert.Equal(expected, policy.ReviewHeader(session, HeaderBlock.Parse(Encoding.ASCII.GetBytes(field + "\r\n")), requireFrom: true)?.ToString());
        Assert.Equal(mode == "Reject" ? 553 : null, (await policy.MailAsync(session, Envelope("any@example.org"), null, None))?.Code);
    }

    [Theory]
    [InlineData("Reject", true)]
    [InlineData("Warn", false)]
    [InlineData("Off", false)]
    public async Task A_domain_that_another_account_has_proved_is_nobody_elses(string mode, bool isRefused)
    {
        await AddUserAsync("app", new CredentialRestrictions());
        var holders = new FixedHolders { Accounts = { ["own.example"] = 1, ["shop.example"] = 2 } };
        var policy = Policy(rules => rules with { SenderCheck = Enum.Parse<SenderCheck>(mode) }, holders: holders);
        var result = await policy.AuthenticateAsync(Session("198.51.100.1"), "app", "correct horse battery", None);
        var session = Session("198.51.100.1") with { Tls = Tls, Login = result.Login, Identity = result.Identity };

        var inMail = await policy.MailAsync(session, Envelope("any@SHOP.example"), null, None);
        var inFrom = await policy.RefuseFromAsync(session, DomainName.Parse("shop.example"), None);
        Assert.Equal(isRefused ? "553 5.7.1 shop.example in MAIL is a domain of another account than that of login app" : null, inMail?.ToString());
        Assert.Equal(isRefused ? "550 5.7.1 shop.example in From is a domain of another account than that of login app" : null, inFrom?.ToString());
        foreach (var free in new[] { "own.example", "nobodys.example" })
        {
            Assert.Null(await policy.MailAsync(session, Envelope("any@" + free), null, None));
            Assert.Null(await policy.RefuseFromAsync(session, DomainName.Parse(free), None));
        }

        // Networks that may relay without a login are the operator's.
        Assert.Null(await policy.MailAsync(Session("192.0.2.1"), Envelope("any@shop.example"), null, None));
    }

    [Theory]
    [InlineData("Subject: x", true, "550 5.6.0 the message has no From field (RFC 5322 section 3.6.2)")]
    [InlineData("From: a@example.com\r\nFrom: b@example.com", true, "550 5.6.0 the message has more than one From field (RFC 5322 section 3.6)")]
    [InlineData("Subject: x", false, null)]
    public void Wants_one_from_field_where_it_is_told_to(string fields, bool isRequired, string? expected) =>
        Assert.Equal(expected, Policy().ReviewHeader(Session("192.0.2.1"), HeaderBlock.Parse(Encoding.ASCII.GetBytes(fields + "\r\n")), isRequired)?.ToString());

    [Theory]
    [InlineData(false, 550)]
    [InlineData(true, null)]
    public async Task Takes_address_literals_only_where_told_to(bool takes, int? code)
    {
        var recipient = new EnvelopeRecipient(Mailbox.Parse("bob@[192.0.2.7]"));

        var reply = await Policy(rules => rules with { TakesAddressLiterals = takes }).RecipientAsync(Session("192.0.2.1"), Envelope("a@example.com"), recipient, None);

        Assert.Equal(code, reply?.Code);
    }

    [Fact]
    public async Task A_network_counts_as_its_login()
    {
        await AddUserAsync("printers", new CredentialRestrictions { AllowedSenders = ["example.com"] });
        var policy = Policy(rules => rules with
        {
            Networks = [new PeerNetwork { Networks = [IPNetwork.Parse("198.51.100.0/24")], MayRelay = true, User = "printers", OffersClearAuthentication = true }],
        });
        var session = Session("198.51.100.1");

        var known = await policy.IdentifyAsync(session, None);
        session = session with { Identity = known!.Identity, CredentialId = known.CredentialId };

        Assert.True(policy.IsExempt(session));
        Assert.True(policy.OffersAuthentication(session));
        Assert.Null(await policy.MailAsync(session, Envelope("any@example.com"), null, None));
        AssertReply(await policy.MailAsync(session, Envelope("any@example.org"), null, None), 553, "5.7.1", "login printers may not send as <any@example.org>");
        Assert.Null(await policy.IdentifyAsync(Session("192.0.2.1"), None));
    }

    [Fact]
    public async Task A_session_of_a_network_goes_on_until_its_login_is_gone()
    {
        await AddUserAsync("printers", new CredentialRestrictions { AllowedNetworks = ["203.0.113.0/24"] });
        var policy = Policy(rules => rules with { Networks = [new PeerNetwork { Networks = [IPNetwork.Parse("192.0.2.0/24")], User = "printers" }] });
        var session = Session("192.0.2.1").KnownAs(await policy.IdentifyAsync(Session("192.0.2.1"), None));
        var users = new UserService(_store, new MemoryAuditStore(), _kit.Time);

        await users.SetPasswordAsync("printers", "another one", AuditActor.System, None);
        Assert.Null(await policy.ContinueAsync(session, None));
        await users.RemoveAsync("printers", AuditActor.System, None);
        AssertReply(await policy.ContinueAsync(session, None), 421, "4.7.0", "this login is no longer valid, closing connection");
    }

    [Fact]
    public async Task A_network_whose_login_is_gone_is_refused_for_now()
    {
        var policy = Policy(rules => rules with { Networks = [new PeerNetwork { Networks = [IPNetwork.Parse("192.0.2.0/24")], User = "gone" }] });

        Assert.Equal(450, (await policy.IdentifyAsync(Session("192.0.2.1"), None))!.Refusal!.Code);
    }

    [Fact]
    public void A_network_may_be_kept_from_relaying() =>
        Assert.False(Policy(rules => rules with { Networks = [new PeerNetwork { Networks = [IPNetwork.Parse("192.0.2.8/32")], MayRelay = false }] }).IsExempt(Session("192.0.2.8")));

    [Fact]
    public async Task Refuses_wrong_and_unknown_logins_alike()
    {
        await AddUserAsync("app", CredentialRestrictions.None);

        var wrong = await Policy().AuthenticateAsync(Session("198.51.100.1"), "app", "wrong", None);
        var unknown = await Policy().AuthenticateAsync(Session("198.51.100.1"), "nobody", "wrong", None);

        Assert.Equal("535 5.7.8 login refused", wrong.Refusal!.ToString());
        Assert.Equal(wrong.Refusal, unknown.Refusal);
    }

    [Fact]
    public async Task Lets_a_guesser_wait()
    {
        SmtpReply? last = null;
        for (var i = 0; i < 200 && last?.Code != 454; i++)
        {
            last = (await Policy().AuthenticateAsync(Session("198.51.100.1"), "app", "guess " + i, None)).Refusal;
        }

        Assert.Equal(454, last!.Code);
        Assert.StartsWith("too many failed logins; try again in ", last.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_no_mail_while_the_store_is_unwell()
    {
        _kit.Store.Health = new StoreHealth(false, "disk full at /secret");

        var reply = await Policy().MailAsync(Session("192.0.2.1"), Envelope("a@example.com"), null, None);

        AssertReply(reply, 452, "4.3.1", "mail cannot be stored at the moment; try again later");
    }

    [Theory]
    [InlineData(true, 550)]
    [InlineData(false, null)]
    public async Task Refuses_suppressed_recipients_only_where_told_to(bool rejects, int? code)
    {
        await _kit.Suppressions.AddAsync("bob@example.net");

        var reply = await Policy(rules => rules with { RejectsSuppressed = rejects }).RecipientAsync(Session("192.0.2.1"), Envelope("a@example.com"), Bob, None);

        Assert.Equal(code, reply?.Code);
    }

    [Theory]
    [InlineData("192.0.2.1", null, true, true)]
    [InlineData("198.51.100.1", "app", true, true)]
    [InlineData("198.51.100.1", null, true, false)]
    [InlineData("192.0.2.1", "app", false, false)]
    public void Obeys_header_fields_of_those_who_may_relay_where_it_is_switched_on(string address, string? login, bool isOn, bool obeys) =>
        Assert.Equal(obeys, Policy(rules => rules with { ObeysHeaders = isOn }).ObeysHeaders(Session(address) with { Login = login }));

    [Fact]
    public async Task Holds_messages_only_for_those_who_may_relay()
    {
        var policy = Policy(rules => rules with { RequiresLogin = false });
        var envelope = Envelope("a@example.com") with { NotBefore = _kit.Time.GetUtcNow().AddHours(1) };

        Assert.Equal(550, (await policy.MailAsync(Session("198.51.100.1"), envelope, null, None))!.Code);
        Assert.Null(await policy.MailAsync(Session("192.0.2.1"), envelope, null, None));
    }

    [Fact]
    public async Task A_session_goes_on_until_its_login_is_revoked_or_its_account_suspended()
    {
        var accounts = new AccountService(new MemoryAccountStore(), new MemoryAuditStore(), _kit.Time);
        var shop = await accounts.CreateAsync("shop", AuditActor.System, None);
        using var credentials = new CredentialCheck(_store, _kit.Time, null, accounts);
        var keys = new ApiKeyService(_store, new MemoryAuditStore(), _kit.Time);
        var (key, _) = await keys.CreateAsync(new ApiKeyDraft("app", "send") { AccountId = shop.Id }, AuditActor.System, None);
        var policy = Policy(credentials: credentials);
        var session = Session("198.51.100.1") with { Login = "apikey", Identity = key };

        Assert.Null(await policy.ContinueAsync(session, None));
        await accounts.SuspendAsync("shop", AuditActor.System, None);
        AssertReply(await policy.ContinueAsync(session, None), 421, "4.7.0", "the account of this login was suspended, closing connection");
        await accounts.ResumeAsync("shop", AuditActor.System, None);
        Assert.Null(await policy.ContinueAsync(session, None));
        await keys.RevokeAsync(key, AuditActor.System, None);
        AssertReply(await policy.ContinueAsync(session, None), 421, "4.7.0", "this login is no longer valid, closing connection");
    }

    [Theory]
    [InlineData("broadcast", false, 550)]
    [InlineData(null, false, null)]
    [InlineData("broadcast", true, null)]
    public async Task Who_left_a_stream_is_refused_at_the_door_where_no_header_can_say_another_stream(string? stream, bool obeys, int? refused)
    {
        await _kit.Suppressions.AddAsync(
            new Suppression { AccountId = 1, Address = "bob@example.net", Reason = SuppressionReason.Unsubscribe, CreatedAt = _kit.Time.GetUtcNow(), Scope = SuppressionScope.Of(MailStream.Broadcast) }, None);
        await AddUserAsync("app", CredentialRestrictions.None);
        var credential = (await _store.FindByNameAsync(CredentialKind.SmtpLogin, "app", None))! with { Defaults = new MailDefaults { Stream = stream } };
        var session = Session("192.0.2.1") with { Identity = credential };

        var reply = await Policy(rules => rules with { RejectsSuppressed = true, ObeysHeaders = obeys }).RecipientAsync(session, Envelope("a@example.com"), Bob, None);

        Assert.Equal(refused, reply?.Code);
    }

    [Theory]
    [InlineData("box@in.example", null)]
    [InlineData("postmaster@IN.Example", null)]
    [InlineData("box@sub.in.example", 550)]
    [InlineData("box@example", 550)]
    [InlineData("box%in.example@example.net", 550)]
    public async Task Anybody_may_write_to_exactly_the_domains_whose_mail_is_received(string recipient, int? refused)
    {
        var policy = Policy(rules => rules with { RequiresLogin = false });

        var reply = await policy.RecipientAsync(
            Session("203.0.113.9"), IntakeKit.Submission("a@example.net").Envelope, new EnvelopeRecipient(Mailbox.Parse(recipient)), None);

        Assert.Equal((refused, refused is null ? null : "5.7.1"), (reply?.Code, reply?.Enhanced?.ToString()));
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("203.0.113.9")]
    public async Task Nobody_lives_at_a_bounce_host_but_the_return_paths_that_we_signed(string client)
    {
        var codec = new ReturnPathCodec(new FixedTokenKeys());
        var token = codec.Encode(QueueId.New(_kit.Time.GetUtcNow()), 7, _kit.Time.GetUtcNow().AddDays(1));
        var over = codec.Encode(QueueId.New(_kit.Time.GetUtcNow()), 7, _kit.Time.GetUtcNow().AddDays(-2));
        var altered = token[..^1] + (token[^1] == '0' ? '1' : '0');
        var policy = Policy(rules => rules with { RequiresLogin = false });

        Assert.Null(await AskAsync($"{token}@bounce.example.com"));
        foreach (var nobody in new[] { altered, over, "jane" })
        {
            AssertReply(await AskAsync($"{nobody}@Bounce.Example.com"), 550, "5.1.1", "there is no such address for reports here, or its time is over");
        }

        // Another system's return paths are mail as any other.
        var elsewhere = await AskAsync($"{altered}@bounce.example.net");
        Assert.Equal(client == "192.0.2.1" ? null : 550, elsewhere?.Code);

        ValueTask<SmtpReply?> AskAsync(string recipient) =>
            policy.RecipientAsync(Session(client), Envelope("a@example.com"), new EnvelopeRecipient(Mailbox.Parse(recipient)), None);
    }
}
