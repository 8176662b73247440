using Relay.Mail;
using Relay.Platform.Contacts;
using Relay.Platform.Templates;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class OptInContentTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TemplateCompiler _compiler = new();
    private readonly ContactBook _book = new() { Uid = Guid.NewGuid(), AccountId = 1, Name = "internal", PublicName = "News & more", CreatedAt = Now, UpdatedAt = Now };
    private readonly Contact _contact = new() { Uid = Guid.NewGuid(), AccountId = 1, BookId = 1, Address = Mailbox.Parse("ada@example.com"), FirstName = "<Ada>", CreatedAt = Now, UpdatedAt = Now };

    public void Dispose() => _compiler.Dispose();

    [Theory]
    [InlineData("<p>hello</p>", "must hold {{doubleOptInUrl}}, the place of the confirmation link")]
    [InlineData("<a href=\"{{ doubleOptInUrl }}\">ok</a>", null)]
    [InlineData("{{{doubleOptInUrl}}}", null)]
    [InlineData("<a href=\"{{doubleOptInUrl}}\">{{#if x}}</a>", "line 1: {{#if}} is never closed")]
    [InlineData("""{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"{{doubleOptInUrl}}"}]}]}""", null)]
    [InlineData("""{"type":"doc","content":[],"note":"{{doubleOptInUrl}}"}""", "holds {{doubleOptInUrl}} where nobody sees it: put it into a link, a button or the text")]
    [InlineData("""{"type":"{{doubleOptInUrl}}" """, "is no valid JSON (line 1)")]
    public async Task Content_is_checked_before_it_is_kept(string content, string? problem) =>
        Assert.Equal(problem, await new OptInContent(_compiler).ProblemAsync(content, default));

    [Fact]
    public async Task Plain_words_stand_where_the_book_has_none()
    {
        var mail = await new OptInContent(_compiler).RenderAsync(_book, _contact, "https://example.com/c/1?a=b&c", default);
        Assert.Equal("Please confirm your subscription", mail.Subject);
        Assert.Contains("Hello &lt;Ada&gt;,", mail.Html, StringComparison.Ordinal);
        Assert.Contains("News &amp; more", mail.Html, StringComparison.Ordinal);
        Assert.Contains("href=\"https://example.com/c/1?a=b&c\"", System.Net.WebUtility.HtmlDecode(mail.Html), StringComparison.Ordinal);
        Assert.Contains("https://example.com/c/1?a=b&c", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task People_read_their_domain_as_they_write_it()
    {
        var contact = _contact with { Address = Mailbox.Parse("jörg@xn--mnchen-3ya.example") };
        var mail = await new OptInContent(_compiler).RenderAsync(_book, contact, "https://example.com/c/1", default);
        Assert.Contains("at jörg@münchen.example.", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_book_s_own_words_are_rendered_for_the_contact()
    {
        var book = _book with { DoubleOptIn = new DoubleOptIn(true, null, "Hi {{firstName}}", """{"type":"doc","content":[{"type":"button","attrs":{"text":"Join","url":"{{doubleOptInUrl}}"}}]}""") };
        var mail = await new OptInContent(_compiler).RenderAsync(book, _contact, "https://example.com/c/1", default);
        Assert.Equal("Hi <Ada>", mail.Subject);
        Assert.Contains("<a href=\"https://example.com/c/1\"", mail.Html, StringComparison.Ordinal);
    }
}
