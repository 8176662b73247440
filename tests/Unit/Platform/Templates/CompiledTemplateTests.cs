using Relay.Platform.Templates;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class CompiledTemplateTests
{
    private static readonly Dictionary<string, string> Hostile = new() { ["name"] = "<b>A & 'B' \"C\"</b>", ["empty"] = "", ["user.name"] = "dotted" };

    [Fact]
    public void Escapes_values_in_html_only()
    {
        var result = Render(new TemplateContent { Subject = "{{name}}", Html = "<p title='{{name}}'>{{name}}</p>{{{name}}}", Text = "{{name}}" }, Hostile);

        const string escaped = "&lt;b&gt;A &amp; &#x27;B&#x27; &quot;C&quot;&lt;/b&gt;";
        Assert.Equal(Hostile["name"], result.Subject);
        Assert.Equal($"<p title='{escaped}'>{escaped}</p>{Hostile["name"]}", result.Html);
        Assert.Equal(Hostile["name"], result.Text);
    }

    [Fact]
    public void Escapes_what_helpers_make_too() =>
        Assert.Equal("&lt;B&gt;A", Render(new TemplateContent { Html = "{{upper name}}" }, new() { ["name"] = "<b>a" }).Html);

    [Fact]
    public void A_value_is_never_a_template() =>
        Assert.Equal("{{other}}", Render(new TemplateContent { Text = "{{name}}" }, new() { ["name"] = "{{other}}", ["other"] = "secret" }).Text);

    [Theory]
    [InlineData("a\r\nBcc: victim@example.net", "a  Bcc: victim@example.net")]
    [InlineData(" a\tb\u0000c\u0085 ", "a b c")]
    public void A_subject_stays_on_one_line(string value, string expected) =>
        Assert.Equal(expected, Render(new TemplateContent { Subject = "{{name}}", Text = "x" }, new() { ["name"] = value }).Subject);

    [Theory]
    [InlineData("{{missing}}|{{missing.deeper}}", "|")]
    [InlineData("{{[user.name]}}", "dotted")]
    [InlineData("{{default empty \"a\"}}{{default missing \"b\"}}{{default lower \"c\"}}", "abc")]
    [InlineData("{{lower \"ABC\"}}{{upper missing}}", "abc")]
    [InlineData("{{urlencode \"a b&c=ä/\"}}", "a%20b%26c%3D%C3%A4%2F")]
    [InlineData("{{date \"2026-11-21T14:00:00+02:00\" \"d MMMM yyyy HH:mm\"}}", "21 November 2026 14:00")]
    [InlineData("{{date \"2026-11-21T14:00:00Z\" \"dddd\"}} {{date \"soon\" \"yyyy\"}} {{date \"2026-11-21\" \"%\"}}", "Saturday soon 2026-11-21")]
    [InlineData("{{#if (eq \"a\" \"a\")}}same{{/if}}{{#if (ne \"a\" \"a\")}}other{{/if}}", "same")]
    [InlineData("{{#if missing}}a{{else if empty}}b{{else}}c{{/if}}", "c")]
    [InlineData("{{#unless missing}}a{{/unless}}", "a")]
    [InlineData("{{lookup this \"user.name\"}}", "dotted")]
    [InlineData("{{#each this}}{{@key}},{{/each}}", "name,empty,user.name,")]
    [InlineData("\\{{name}}", "{{name}}")]
    public void Knows_these_helpers_and_blocks(string source, string expected) =>
        Assert.Equal(expected, Render(new TemplateContent { Text = source }, Hostile).Text);

    [Fact]
    public void Declared_defaults_stand_in_for_missing_values()
    {
        var content = new TemplateContent { Text = "{{a}} {{b}} {{c}}", Variables = new Dictionary<string, string?> { ["a"] = "1", ["b"] = "2", ["c"] = null } };

        Assert.Equal("1 given ", Render(content, new() { ["b"] = "given" }).Text);
    }

    [Fact]
    public void Strictly_every_printed_variable_needs_a_value()
    {
        var content = new TemplateContent
        {
            Subject = "{{b}}",
            Text = "{{a}} {{c}} {{#if d}}{{d}}{{/if}} {{default e \"x\"}}",
            IsStrict = true,
            Variables = new Dictionary<string, string?> { ["c"] = "3" },
        };

        Assert.Equal(
            new RenderFault(RenderFaultKind.RenderingFailed, "the template needs a value for a, b"), Render(content, []).Fault);
        Assert.Equal("1 3  x", Render(content, new() { ["a"] = "1", ["b"] = "" }).Text);
    }

    [Fact]
    public void Output_beyond_the_limit_fails()
    {
        var large = new string('a', 60_000);

        var result = Render(new TemplateContent { Text = string.Concat(Enumerable.Repeat("{{v}}", 100)) }, new() { ["v"] = large });

        Assert.Equal("the rendered template is larger than 5242880 octets", result.Fault!.Message);
        Assert.Null(result.Text);
    }

    [Fact]
    public void Faults_name_the_part_and_the_line()
    {
        Assert.Null(CompiledTemplate.Compile(new TemplateContent { Subject = "{{a", Html = "\n{{/if}}", Text = "fine" }, out var problems));

        Assert.Equal(
            ["subject: line 1: a tag is not closed", "html: line 2: {{/if}} closes a block that was not opened"], problems.Select(p => $"{p.Part}: {p.Problem}"));
    }

    [Fact]
    public void Parts_that_are_not_there_stay_away()
    {
        var result = Render(new TemplateContent { Html = "x" }, []);

        Assert.Equal((null, "x", null, null), (result.Subject, result.Html, result.Text, result.Fault));
    }

    private static RenderResult Render(TemplateContent content, Dictionary<string, string> variables)
    {
        var template = CompiledTemplate.Compile(content, out var problems);
        Assert.Empty(problems);
        return template!.Render(variables);
    }
}
