using Relay.Platform.Templates;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class TemplateOutlineTests
{
    [Theory]
    [InlineData("plain text, { braces } and }} too")]
    [InlineData("{{name}} {{{name}}} {{~ name ~}} {{[user.name]}} {{ user.name }}")]
    [InlineData("{{#if a}}1{{else if b}}2{{else}}3{{/if}}{{#unless a}}x{{/unless}}")]
    [InlineData("{{#each this as |value key|}}{{key}}={{value}}{{/each}}{{#with a}}{{this}}{{/with}}")]
    [InlineData("{{#a}}x{{/a}}{{^a}}y{{/a}}")]
    [InlineData("{{default name \"a }} quoted 'text'\"}} {{upper (default name 'x')}} {{lookup this 'name'}}")]
    [InlineData("{{#if (eq plan \"pro\")}}x{{/if}}")]
    [InlineData("{{! a comment }}{{!-- with {{tags}} --}}{{~! another }}\\{{name}} \\{{#if")]
    public void Takes_what_the_documentation_shows(string source) => Assert.NotNull(TemplateOutline.Read(source));

    [Theory]
    [InlineData("a\nb {{#if x}}\n c", 2, "{{#if}} is never closed")]
    [InlineData("a\n{{/if}}", 2, "{{/if}} closes a block that was not opened")]
    [InlineData("{{#if x}}\n\n{{/each}}", 3, "{{/each}} closes {{#if}} of line 1")]
    [InlineData("\n\n{{name", 3, "a tag is not closed")]
    [InlineData("{{{name}}", 1, "a tag is not closed")]
    [InlineData("x {{}}", 1, "a tag is empty")]
    [InlineData("x {{{ }}}", 1, "a tag is empty")]
    [InlineData("{{! never", 1, "a comment is never closed")]
    [InlineData("{{!-- never }} here", 1, "a comment is never closed")]
    [InlineData("{{> header}}", 1, "partials are not supported: a template stands alone")]
    [InlineData("{{#> header}}{{/header}}", 1, "partials are not supported: a template stands alone")]
    [InlineData("{{#*inline \"a\"}}{{/inline}}", 1, "partials are not supported: a template stands alone")]
    [InlineData("{{* deco}}", 1, "decorators are not supported")]
    [InlineData("{{{{raw}}}}x{{{{/raw}}}}", 1, "raw blocks are not supported")]
    [InlineData("{{&name}}", 1, "write {{{name}}} for a value that is not to be escaped")]
    [InlineData("{{#if a}}x{{^}}y{{/if}}", 1, "write {{else}}")]
    [InlineData("{{else}}", 1, "{{else}} stands outside of every block")]
    [InlineData("{{#if a}}{{else}}{{else}}{{/if}}", 1, "a second {{else}}")]
    [InlineData("{{#each this}}{{else if b}}{{/each}}", 1, "{{else if}} takes one argument and belongs to {{#if}}")]
    [InlineData("{{#if}}x{{/if}}", 1, "{{#if}} takes one argument")]
    [InlineData("{{#if a b}}x{{/if}}", 1, "{{#if}} takes one argument")]
    [InlineData("{{#loop a}}x{{/loop}}", 1, "there is no block 'loop': if, unless, each and with are known")]
    [InlineData("{{shout name}}", 1, "there is no helper 'shout': date, default, eq, lookup, lower, ne, upper, urlencode are known")]
    [InlineData("{{upper name name}}", 1, "upper takes 1 arguments, not 2")]
    [InlineData("{{default name}}", 1, "default takes 2 arguments, not 1")]
    [InlineData("{{upper (lower name)", 1, "a tag is not closed")]
    [InlineData("{{upper (lower name}}", 1, "a parenthesis is not closed")]
    [InlineData("{{upper name)}}", 1, "a parenthesis is closed that was not opened")]
    [InlineData("{{upper (name)}}", 1, "a call in parentheses has no arguments")]
    [InlineData("{{upper ()}}", 1, "a call in parentheses has no arguments")]
    [InlineData("{{[name}}", 1, "a bracket is not closed")]
    [InlineData("{{\"upper\" name}}", 1, "a helper's name is missing")]
    [InlineData("{{upper (upper (upper (upper (upper (upper (upper a))))))}}", 1, "calls are nested deeper than 5")]
    [InlineData("{{#each this}}\n{{#each ../this}}x{{/each}}{{/each}}", 2, "a loop inside a loop is not supported")]
    [InlineData("{{#this}}{{#this}}x{{/this}}{{/this}}", 1, "a loop inside a loop is not supported")]
    [InlineData("{{{#if a}}}", 1, "blocks take two braces")]
    public void Says_what_is_wrong_and_where(string source, int line, string message)
    {
        var problem = Assert.Throws<TemplateSyntaxException>(() => TemplateOutline.Read(source)).Problem;

        Assert.Equal((line, message), (problem.Line, problem.Message));
    }

    [Fact]
    public void Bounds_depth_tags_and_tag_length()
    {
        AssertRefused(string.Concat(Enumerable.Repeat("{{#if a}}", 21)), "blocks are nested deeper than 20");
        AssertRefused(string.Concat(Enumerable.Repeat("{{a}}", 1001)), "there are more than 1000 tags");
        AssertRefused("{{a" + new string(' ', 3000) + "}}", "a tag is not closed within 2000 characters");
    }

    [Theory]
    [InlineData("{{name}} {{{code}}} {{user.first}} {{[a b]}}", "a b,code,name,user")]
    [InlineData("{{upper name}} {{date at \"yyyy\"}}", "at,name")]
    [InlineData("{{default name \"you\"}}{{#if (eq plan \"pro\")}}x{{/if}}{{#unless quiet}}y{{/unless}}", "")]
    [InlineData("{{#if code}}{{code}} {{other}}{{/if}}{{code2}}", "code2,other")]
    [InlineData("{{#each this}}{{this}}{{@key}}{{x}}{{/each}}{{this}}{{@root.name}}", "")]
    [InlineData("{{#if a}}{{else if b}}{{b}}{{c}}{{/if}}", "c")]
    public void Knows_which_variables_are_printed_whatever_the_others_are(string source, string expected) =>
        Assert.Equal(expected, string.Join(',', TemplateOutline.Read(source).Required.Order(StringComparer.Ordinal)));

    private static void AssertRefused(string source, string message) =>
        Assert.Equal(message, Assert.Throws<TemplateSyntaxException>(() => TemplateOutline.Read(source)).Problem.Message);
}
