using System.Net;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Leaving: by the mail program's button, by the page, from one book and from everything; and coming back by one's own act alone.</summary>
public sealed class UnsubscribeFlowTests(PublicWorld world) : IClassFixture<PublicWorld>
{
    [Fact]
    public async Task The_button_of_a_mail_program_ends_the_subscription_and_looking_does_not()
    {
        var book = await world.BookAsync("""{"name":"internal","publicName":"News"}""");
        var contact = await world.AddAsync(book, """{"email":"oneclick@dest.test"}""");
        var url = await UrlAsync(book, contact);
        var sent = await world.Client.PostAsync(
            "/v1/emails",
            $$"""{"from":"news@sender.test","to":"oneclick@dest.test","subject":"s","text":"t","headers":{"List-Unsubscribe":"<{{url}}>","List-Unsubscribe-Post":"List-Unsubscribe=One-Click"} }""");
        Assert.Equal(200, sent.Status);
        var mail = await world.MailAsync("oneclick@dest.test");
        Assert.Contains("list-unsubscribe-post", mail.Text[..mail.Text.IndexOf("bh=", StringComparison.Ordinal)].Replace("\r\n", "", StringComparison.Ordinal).ToLowerInvariant(), StringComparison.Ordinal);

        var (status, html, _) = await world.GetAsync(url);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("Unsubscribe from News", html, StringComparison.Ordinal);
        await world.SendAsync(HttpMethod.Head, url);
        await world.PostAsync(url);
        Assert.Equal("subscribed", await world.StatusAsync(book, contact));

        Assert.Equal(HttpStatusCode.OK, (await world.PostAsync(url, ("List-Unsubscribe", "One-Click"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await world.PostAsync(url, ("List-Unsubscribe", "One-Click"))).Status);
        var left = await world.Client.GetAsync($"/v1/contactBooks/{book}/contacts/{contact}");
        Assert.Equal(("unsubscribed", "person"), (left.Word("status"), left.Word("unsubscribeReason")));
    }

    [Fact]
    public async Task What_the_person_ended_only_the_person_takes_back()
    {
        var book = await world.BookAsync("""{"name":"Digest"}""");
        var contact = await world.AddAsync(book, """{"email":"firm@dest.test"}""");
        var path = $"/v1/contactBooks/{book}/contacts/{contact}";
        var url = await UrlAsync(book, contact);
        var page = await world.PostAsync(url, ("action", "leave"), ("reason", "0"), ("text", "daily\r\nis too much"));
        Assert.Contains("You are unsubscribed", page.Html, StringComparison.Ordinal);
        Assert.Equal("I get too many of these mails: daily  is too much", (await world.Client.GetAsync(path)).Word("unsubscribeText"));

        Assert.Equal((409, "CONFLICT"), Refusal(await world.Client.PatchAsync(path, """{"subscribed":true}""")));
        await world.AddAsync(book, """{"email":"firm@dest.test","subscribed":true}""");
        await world.Client.PostAsync($"/v1/contactBooks/{book}/contacts/bulk", """[{"email":"firm@dest.test","subscribed":true}]""");
        Assert.Equal("unsubscribed", await world.StatusAsync(book, contact));

        Assert.Contains("Unsubscribe from Digest", (await world.PostAsync(url, ("action", "return"))).Html, StringComparison.Ordinal);
        Assert.Equal("subscribed", await world.StatusAsync(book, contact));
    }

    [Fact]
    public async Task Everything_ends_everywhere_and_broadcasts_already_queued_are_not_sent()
    {
        var (first, second) = (await world.BookAsync("""{"name":"One"}"""), await world.BookAsync("""{"name":"Two"}"""));
        var (here, there) = (await world.AddAsync(first, """{"email":"gone@dest.test"}"""), await world.AddAsync(second, """{"email":"Gone@dest.test"}"""));
        var later = await SendLaterAsync("gone@dest.test", "broadcast");
        var order = await SendLaterAsync("gone@dest.test", "transactional");

        Assert.Contains("You are unsubscribed", (await world.PostAsync(await UrlAsync(first, here), ("action", "leave-all"))).Html, StringComparison.Ordinal);
        Assert.Equal(("unsubscribed", "unsubscribed"), (await world.StatusAsync(first, here), await world.StatusAsync(second, there)));
        await ReleaseAsync(later);
        await ReleaseAsync(order);
        await BecomesAsync(later, "SUPPRESSED");
        await BecomesAsync(order, "DELIVERED");

        // Removing and adding anew does not bring anybody back.
        await world.Client.DeleteAsync($"/v1/contactBooks/{first}/contacts/{here}");
        var again = await world.AddAsync(first, """{"email":"gone@dest.test"}""");
        Assert.False((await world.Client.GetAsync($"/v1/contactBooks/{first}/contacts/{again}"))["subscribed"].GetValue<bool>());
    }

    [Fact]
    public async Task People_choose_among_the_books_that_have_a_name_for_them()
    {
        var news = await world.BookAsync("""{"name":"n","publicName":"Weekly <news>"}""");
        var offers = await world.BookAsync("""{"name":"o","publicName":"Offers"}""");
        var secret = await world.BookAsync("""{"name":"Churn risk Q3"}""");
        var contacts = new Dictionary<string, string>();
        foreach (var book in new[] { news, offers, secret })
        {
            contacts[book] = await world.AddAsync(book, """{"email":"chooser@dest.test"}""");
        }

        var url = await UrlAsync(news, contacts[news]);
        var html = (await world.GetAsync(url)).Html;
        Assert.Contains("Weekly &lt;news&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("Churn", html, StringComparison.Ordinal);
        await world.PostAsync(url, ("action", "choose"), ("shown", news), ("shown", offers), ("shown", secret), ("topic", news));
        Assert.Equal(("subscribed", "unsubscribed", "subscribed"), (await world.StatusAsync(news, contacts[news]), await world.StatusAsync(offers, contacts[offers]), await world.StatusAsync(secret, contacts[secret])));
        await world.PostAsync(url, ("action", "choose"), ("shown", news), ("shown", offers), ("topic", offers));
        Assert.Equal(("unsubscribed", "subscribed"), (await world.StatusAsync(news, contacts[news]), await world.StatusAsync(offers, contacts[offers])));
    }

    [Fact]
    public async Task A_link_of_a_removed_contact_still_works_and_one_nobody_made_does_not()
    {
        var book = await world.BookAsync("""{"name":"Removed"}""");
        var contact = await world.AddAsync(book, """{"email":"removed@dest.test"}""");
        var url = await UrlAsync(book, contact);
        await world.Client.DeleteAsync($"/v1/contactBooks/{book}/contacts/{contact}");
        Assert.Equal(HttpStatusCode.OK, (await world.PostAsync(url, ("List-Unsubscribe", "One-Click"))).Status);
        Assert.Contains("You are not subscribed", (await world.GetAsync(url)).Html, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await world.PostAsync(url[..^2] + "AA", ("List-Unsubscribe", "One-Click"))).Status);
        await world.Client.DeleteAsync($"/v1/contactBooks/{book}");
        Assert.Equal(HttpStatusCode.OK, (await world.PostAsync(url, ("List-Unsubscribe", "One-Click"))).Status);
    }

    private async Task<string> UrlAsync(string book, string contact) => (await world.Client.GetAsync($"/v1/contactBooks/{book}/contacts/{contact}")).Word("unsubscribeUrl");

    private async Task<string> SendLaterAsync(string recipient, string stream)
    {
        var at = TimeProvider.System.GetUtcNow().AddHours(5).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var answer = await world.Client.PostAsync("/v1/emails", $$"""{"from":"news@sender.test","to":"{{recipient}}","subject":"{{stream}}","text":"t","stream":"{{stream}}","scheduledAt":"{{at}}"}""");
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Word("emailId");
    }

    private async Task ReleaseAsync(string email)
    {
        var at = TimeProvider.System.GetUtcNow().AddSeconds(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var answer = await world.Client.PatchAsync($"/v1/emails/{email}", $$"""{"scheduledAt":"{{at}}"}""");
        Assert.True(answer.Status == 200, answer.Text);
    }

    private Task BecomesAsync(string email, string status) => Poll.UntilAsync($"{email} is {status}", async () =>
        (await world.Client.GetAsync($"/v1/emails/{email}"))["emailEvents"].AsArray().Select(e => e!["status"]!.GetValue<string>()).Contains(status));

    private static (int Status, string? Code) Refusal(ApiAnswer answer) => (answer.Status, answer.Code);
}
