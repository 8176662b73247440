using Relay.Platform.Templates;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class EditorContentTests
{
    [Theory]
    [InlineData("""{"type":"paragraph","content":[{"type":"text","text":"Hi <you> {{name}}"}]}""", "<p>Hi &lt;you&gt; {{name}}</p>")]
    [InlineData("""{"type":"heading","attrs":{"level":9,"textAlign":"center"},"content":[{"type":"text","text":"T"}]}""", "<h6 style=\"text-align:center\">T</h6>")]
    [InlineData("""{"type":"text","text":"x","marks":[{"type":"bold"},{"type":"link","attrs":{"href":"{{doubleOptInUrl}}"}},{"type":"sparkle"}]}""", "<a href=\"{{doubleOptInUrl}}\"><strong>x</strong></a>")]
    [InlineData("""{"type":"text","text":"x","marks":[{"type":"link","attrs":{"href":"javascript:alert(1)"}}]}""", "x")]
    [InlineData("""{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"text","text":"a"},{"type":"hardBreak"}]}]}""", "<ul><li>a<br></li></ul>")]
    [InlineData("""{"type":"variable","attrs":{"id":"firstName","fallback":"there"}}""", "{{default [firstName] \"there\"}}")]
    [InlineData("""{"type":"variable","attrs":{"id":"a}}{{b"}}""", "")]
    [InlineData("""{"type":"image","attrs":{"src":"https://example.com/a.png","alt":"\"A\""}}""", "<img src=\"https://example.com/a.png\" alt=\"&quot;A&quot;\" style=\"max-width:100%\">")]
    [InlineData("""{"type":"mystery","content":[{"type":"text","text":"kept"}]}""", "kept")]
    [InlineData("""{"type":"unsubscribeFooter","content":[{"type":"text","text":"Street 1"}]}""", "<p>Street 1</p><p><a href=\"{{usesend_unsubscribe_url}}\">Unsubscribe</a></p>")]
    [InlineData("7", "")]
    public void Turns_blocks_into_html(string node, string expected) =>
        Assert.Equal((expected, null), EditorContent.ToHtml($$"""{"type":"doc","content":[{{node}}]}"""));

    [Fact]
    public void A_button_leads_where_its_field_says() =>
        Assert.StartsWith("<p><a href=\"{{doubleOptInUrl}}\" style=", EditorContent.ToHtml("""{"type":"doc","content":[{"type":"button","attrs":{"text":"Go","url":"{{doubleOptInUrl}}"}}]}""").Html, StringComparison.Ordinal);

    [Theory]
    [InlineData("{", "is no valid JSON (line 1)")]
    [InlineData("[]", "is JSON, but no document of an e-mail editor: its type must be 'doc'")]
    [InlineData("""{"type":"paragraph"}""", "is JSON, but no document of an e-mail editor: its type must be 'doc'")]
    public void Says_why_it_is_no_document(string json, string problem) => Assert.Equal((null, problem), EditorContent.ToHtml(json));

    [Theory]
    [InlineData(" {\"type\":\"doc\"}", true)]
    [InlineData("{{name}} hello", false)]
    [InlineData("<p>{}</p>", false)]
    public void Tells_documents_from_html(string text, bool isDocument) => Assert.Equal(isDocument, EditorContent.IsDocument(text));

    [Fact]
    public void Deep_and_long_documents_are_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"type":"x","content":[""", 100)) + string.Concat(Enumerable.Repeat("]}", 100));
        Assert.Contains("valid JSON", EditorContent.ToHtml($$"""{"type":"doc","content":[{{deep}}]}""").Problem, StringComparison.Ordinal);
        var many = string.Join(',', Enumerable.Repeat("{}", 20_001));
        Assert.Contains("20000 blocks", EditorContent.ToHtml($$"""{"type":"doc","content":[{{many}}]}""").Problem, StringComparison.Ordinal);
    }
}
