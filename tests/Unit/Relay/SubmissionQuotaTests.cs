using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Quotas;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Quotas as clients hear of them at MAIL and RCPT.</summary>
public sealed class SubmissionQuotaTests : SubmissionPolicyCase
{
    [Fact]
    public async Task A_login_whose_quota_is_used_up_hears_when_to_come_back_before_it_sends_anything()
    {
        await AddUserAsync("app", CredentialRestrictions.None);
        var login = await Policy().AuthenticateAsync(Session("198.51.100.1"), "app", "correct horse battery", None);
        var session = Session("198.51.100.1").LoggedInAs(login);
        _quota.OnLook = part => part.Amount.Recipients > 1 ? ApiFault.RateLimited("the login may send 5 recipients per day; 1 are left", TimeSpan.FromHours(2)) : null;

        Assert.Null(await Policy().MailAsync(session, Envelope("a@example.com"), null, None));
        Assert.Null(await Policy().RecipientAsync(session, Envelope("a@example.com"), Bob, None));
        AssertReply(
            await Policy().RecipientAsync(session, Envelope("a@example.com") with { Recipients = [Bob] }, Bob, None),
            450, "4.7.1", "the login may send 5 recipients per day; 1 are left; try again in 120 minutes");

        _quota.OnLook = _ => ApiFault.RateLimited("the login may send 2 e-mails per second; 0 are left", TimeSpan.FromSeconds(3));
        AssertReply(
            await Policy().MailAsync(session, Envelope("a@example.com"), null, None),
            450, "4.7.1", "the login may send 2 e-mails per second; 0 are left; try again in 3 seconds");
    }

    [Fact]
    public async Task A_limit_that_is_set_holds_in_sessions_that_are_open()
    {
        await AddUserAsync("app", CredentialRestrictions.None);
        var policy = Policy();
        var session = Session("198.51.100.1").LoggedInAs(await policy.AuthenticateAsync(Session("198.51.100.1"), "app", "correct horse battery", None));
        Assert.Null((await policy.SenderOfAsync(session, None)).Credential!.Limits.EmailsPerDay);

        await new UserService(_store, new MemoryAuditStore(), _kit.Time).LimitAsync("app", SendLimits.Default with { EmailsPerDay = 25 }, AuditActor.System, None);

        Assert.Equal(25, (await policy.SenderOfAsync(session, None)).Credential!.Limits.EmailsPerDay);
    }

    [Fact]
    public async Task A_quota_of_account_or_domain_is_told_before_content_to_clients_without_login_too()
    {
        var (policy, session) = (Policy(), Session("192.0.2.77"));
        _quota.OnLook = part => part.FromDomain is { Ascii: "example.com" } && part.Amount.Recipients > 1
            ? ApiFault.RateLimited("the domain may send 5 recipients per hour; 1 are left", TimeSpan.FromMinutes(7))
            : null;

        Assert.Null(await policy.MailAsync(session, Envelope("a@example.com"), null, None));
        Assert.Null(await policy.RecipientAsync(session, Envelope("a@example.com"), Bob, None));
        Assert.Null(await policy.RecipientAsync(session, Envelope("a@example.net") with { Recipients = [Bob] }, Bob, None));
        AssertReply(
            await policy.RecipientAsync(session, Envelope("a@example.com") with { Recipients = [Bob] }, Bob, None),
            450, "4.7.1", "the domain may send 5 recipients per hour; 1 are left; try again in 7 minutes");
    }

    [Fact]
    public async Task A_recipient_more_than_a_limit_ever_allows_at_once_is_left_for_another_message()
    {
        var never = ApiFault.Unprocessable("6 recipients at once can never go: the account may send 5 recipients per hour; send fewer at once");
        _quota.OnLook = part => part.Amount.Recipients > 1 ? never : null;

        AssertReply(
            await Policy().RecipientAsync(Session("192.0.2.77"), Envelope("a@example.com") with { Recipients = [Bob] }, Bob, None), 452, "4.5.3", never.Message);
        Assert.Equal(SmtpReply.Of(550, "5.5.3", never.Message).ToString(), QuotaReplies.Of(never).ToString());
    }

    [Fact]
    public async Task Neither_strangers_nor_reports_are_held_up_by_the_quota_of_an_account()
    {
        _quota.OnLook = _ => ApiFault.RateLimited("the account may send 5 e-mails per day; 0 are left", TimeSpan.FromHours(2));
        var open = Policy(rules => rules with { RequiresLogin = false });
        var local = new EnvelopeRecipient(Mailbox.Parse("postmaster@relay.example.com"));

        Assert.Null(await open.MailAsync(Session("198.51.100.1"), Envelope("a@example.com"), null, None));
        Assert.Null(await open.RecipientAsync(Session("198.51.100.1"), Envelope("a@example.com"), local, None));
        Assert.Null(await open.MailAsync(Session("192.0.2.77"), Envelope(""), null, None));
        Assert.Null(await open.RecipientAsync(Session("192.0.2.77"), Envelope(""), local, None));
        Assert.Equal(450, (await open.RecipientAsync(Session("192.0.2.77"), Envelope(""), Bob, None))!.Code);
    }
}
