using System.Net;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Asked, and confirmed by the person alone.</summary>
public sealed class DoubleOptInFlowTests(PublicWorld world) : IClassFixture<PublicWorld>
{
    private const string Asking = """{"name":"internal name","publicName":"The <News>","doubleOptInEnabled":true,"doubleOptInFrom":"News <news@sender.test>","doubleOptInSubject":"Join us, {{firstName}}"}""";

    [Theory]
    [InlineData("jane.doe+news@dest.test", "jane.doe+news@dest.test")]
    [InlineData("größe@dest.test", "größe@dest.test")]
    public async Task Only_the_button_confirms(string address, string recipient)
    {
        var book = await world.BookAsync(Asking);
        var contact = await world.AddAsync(book, $$"""{"email":"{{address}}","firstName":"Jane"}""");
        Assert.Equal("pending", await world.StatusAsync(book, contact));
        var mail = await world.MailAsync(recipient);
        Assert.Contains("Subject: Join us, Jane", mail.Text, StringComparison.Ordinal);
        Assert.Contains("From: News <news@sender.test>", mail.Text, StringComparison.Ordinal);
        Assert.Contains("DKIM-Signature", mail.Text, StringComparison.Ordinal);
        var link = PublicWorld.LinkIn(mail, "c");

        // A scanner looks, however often.
        var (status, html, answer) = await world.GetAsync(link);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("The &lt;News&gt;", html, StringComparison.Ordinal);
        Assert.Contains("form-action 'self'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("internal name", html, StringComparison.Ordinal);
        await world.SendAsync(HttpMethod.Head, link);
        await world.PostAsync(link);
        await world.PostAsync(link, ("confirm", "no"));
        Assert.Equal("pending", await world.StatusAsync(book, contact));

        Assert.Contains("You are subscribed", (await world.PostAsync(link, ("confirm", "yes"))).Html, StringComparison.Ordinal);
        Assert.Equal("subscribed", await world.StatusAsync(book, contact));
        Assert.Contains("You are subscribed", (await world.PostAsync(link, ("confirm", "yes"))).Html, StringComparison.Ordinal);
        Assert.Contains("You are subscribed", (await world.GetAsync(link)).Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaving_outlives_a_link_and_asking_again_makes_the_earlier_one_void()
    {
        var book = await world.BookAsync(Asking);
        var contact = await world.AddAsync(book, """{"email":"twice@dest.test"}""");
        var first = PublicWorld.LinkIn(await world.MailAsync("twice@dest.test"), "c");

        await world.Client.PatchAsync($"/v1/contactBooks/{book}/contacts/{contact}", """{"subscribed":false}""");
        Assert.Equal(HttpStatusCode.Gone, (await world.GetAsync(first)).Status);
        Assert.Equal(HttpStatusCode.Gone, (await world.PostAsync(first, ("confirm", "yes"))).Status);
        Assert.Equal("unsubscribed", await world.StatusAsync(book, contact));

        await world.Client.PatchAsync($"/v1/contactBooks/{book}/contacts/{contact}", """{"subscribed":true}""");
        var second = PublicWorld.LinkIn(await world.MailAsync("twice@dest.test", 2), "c");
        Assert.Equal(HttpStatusCode.Gone, (await world.PostAsync(first, ("confirm", "yes"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await world.PostAsync(second, ("confirm", "yes"))).Status);
        Assert.Equal("subscribed", await world.StatusAsync(book, contact));
        Assert.Equal(409, (await world.Client.PostAsync($"/v1/contactBooks/{book}/contacts/{contact}/confirmation")).Status);
    }

    [Fact]
    public async Task The_question_can_be_asked_again_but_not_at_once()
    {
        var book = await world.BookAsync(Asking);
        var contact = await world.AddAsync(book, """{"email":"again@dest.test"}""");
        await world.MailAsync("again@dest.test");
        await Poll.UntilAsync("it is noted", async () =>
            (await world.Client.GetAsync($"/v1/contactBooks/{book}/contacts/{contact}")).Body!["confirmationSentAt"] is not null);
        var answer = await world.Client.PostAsync($"/v1/contactBooks/{book}/contacts/{contact}/confirmation");
        Assert.Equal(429, answer.Status);
        Assert.InRange(answer.RetryAfter!.Value, TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(6));
    }

    [Fact]
    public async Task A_mail_that_cannot_be_made_does_not_hinder_the_contact()
    {
        using var other = await OtherAccountAsync();
        var book = (await other.PostAsync("/v1/contactBooks", """{"name":"no domain","doubleOptInEnabled":true}""")).Word("id");
        var contact = await other.PostAsync($"/v1/contactBooks/{book}/contacts", """{"email":"patient@dest.test"}""");
        Assert.Equal(200, contact.Status);
        var shown = await other.GetAsync($"/v1/contactBooks/{book}/contacts/{contact.Word("contactId")}");
        Assert.Equal(("pending", null), (shown.Word("status"), shown.Body!["confirmationSentAt"]));
    }

    [Theory]
    [InlineData("""{"name":"x","doubleOptInFrom":"News <news@other.test>"}""", "doubleOptInFrom: the domain other.test is not verified")]
    [InlineData("""{"name":"x","doubleOptInFrom":"nonsense"}""", "doubleOptInFrom: is not an e-mail address")]
    [InlineData("""{"name":"x","doubleOptInContent":"<p>hello</p>"}""", "doubleOptInContent: must hold {{doubleOptInUrl}}")]
    public async Task Settings_that_cannot_work_are_refused(string fields, string message)
    {
        var answer = await world.Client.PostAsync("/v1/contactBooks", fields);
        Assert.Equal(400, answer.Status);
        Assert.StartsWith(message, answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"doubleOptInSubject":"Buy now"}""")]
    [InlineData("""{"doubleOptInContent":"<p>Buy now</p>{{doubleOptInUrl}}"}""")]
    [InlineData("""{"doubleOptInFrom":""}""")]
    [InlineData("""{"doubleOptInEnabled":true}""")]
    public async Task A_key_for_other_senders_does_not_say_what_the_confirmation_says(string fields)
    {
        var book = await world.BookAsync(Asking);
        using var other = await world.World.ClientAsync("elsewhere-" + Guid.NewGuid().ToString("N"), "full", "--domain", "elsewhere.test");
        var answer = await other.PatchAsync($"/v1/contactBooks/{book}", fields);
        Assert.Equal(403, answer.Status);
        Assert.Contains("doubleOptInFrom: this API key may not", answer.Text, StringComparison.Ordinal);
        Assert.Equal("Join us, {{firstName}}", (await world.Client.GetAsync($"/v1/contactBooks/{book}")).Word("doubleOptInSubject"));
        Assert.Equal(403, (await other.PostAsync("/v1/contactBooks", """{"name":"x","doubleOptInEnabled":true}""")).Status);

        // What sends nothing is as it was, and the key of the sender may.
        Assert.Equal(200, (await other.PatchAsync($"/v1/contactBooks/{book}", """{"name":"other name"}""")).Status);
        using var own = await world.World.ClientAsync("own-" + Guid.NewGuid().ToString("N"), "full", "--domain", "sender.test");
        Assert.Equal(200, (await own.PatchAsync($"/v1/contactBooks/{book}", """{"doubleOptInSubject":"Welcome"}""")).Status);
    }

    [Fact]
    public async Task Links_that_nobody_made_lead_nowhere()
    {
        var (status, html, _) = await world.GetAsync(PublicWorld.LinkIn(await MailOfSomebodyAsync(), "c")[..^3] + "AAA");
        Assert.Equal(HttpStatusCode.Gone, status);
        Assert.Contains("This link is not valid", html, StringComparison.Ordinal);
    }

    private async Task<SinkMessage> MailOfSomebodyAsync()
    {
        var book = await world.BookAsync(Asking);
        await world.AddAsync(book, """{"email":"somebody@dest.test"}""");
        return await world.MailAsync("somebody@dest.test");
    }

    private async Task<ApiClient> OtherAccountAsync()
    {
        await world.World.Relay.RunAsync("account", "add", "others");
        return await world.World.ClientAsync("others", "full", "--account", "others");
    }
}
