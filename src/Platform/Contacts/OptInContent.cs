using System.Text.RegularExpressions;
using Relay.Platform.Templates;

namespace Relay.Platform.Contacts;

/// <summary>The words of a confirmation mail: those of the book, or plain ones. They are a template in the language of templates.</summary>
internal sealed partial class OptInContent(TemplateCompiler compiler)
{
    /// <summary>Where the link comes.</summary>
    public const string UrlName = "doubleOptInUrl";

    private const string DefaultSubject = "Please confirm your subscription";

    private const string DefaultHtml = """
        <p>Hello{{#if firstName}} {{firstName}}{{/if}},</p>
        <p>please confirm that you want to receive <strong>{{contactBookName}}</strong> at {{email}}.</p>
        <p><a href="{{doubleOptInUrl}}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:#1d4ed8;color:#ffffff;text-decoration:none;font-weight:600">Confirm subscription</a></p>
        <p>If the button does not work, open this address: {{doubleOptInUrl}}</p>
        <p>If you did not ask for this, do nothing: without your confirmation you get no further mail.</p>
        """;

    private const string DefaultText = """
        Hello{{#if firstName}} {{firstName}}{{/if}},

        please confirm that you want to receive {{contactBookName}} at {{email}}. Open this address:

        {{doubleOptInUrl}}

        If you did not ask for this, do nothing: without your confirmation you get no further mail.
        """;

    /// <summary>Null when the content can be used; otherwise what is wrong with it.</summary>
    public async ValueTask<string?> ProblemAsync(string content, CancellationToken cancellationToken)
    {
        if (!UrlPlace().IsMatch(content))
        {
            return "must hold {{doubleOptInUrl}}, the place of the confirmation link";
        }

        var (html, problem) = Html(content);
        if (html is null)
        {
            return problem;
        }

        if (!UrlPlace().IsMatch(html))
        {
            return "holds {{doubleOptInUrl}} where nobody sees it: put it into a link, a button or the text";
        }

        var (_, problems) = await compiler.CompileAsync(new TemplateContent { Html = html }, cancellationToken);
        return problems is [var first, ..] ? first.Problem.ToString() : null;
    }

    /// <summary>Subject, HTML and text for one contact.</summary>
    /// <exception cref="InvalidOperationException">The content of the book cannot be rendered any more.</exception>
    public async ValueTask<RenderResult> RenderAsync(ContactBook book, Contact contact, string url, CancellationToken cancellationToken)
    {
        var settings = book.DoubleOptIn;
        var template = new TemplateContent
        {
            Subject = settings.Subject ?? DefaultSubject,
            Html = settings.Content is { } own ? Html(own).Html : DefaultHtml,
            Text = settings.Content is null ? DefaultText : null,
        };
        var (compiled, problems) = await compiler.CompileAsync(template, cancellationToken);
        return compiled is null
            ? throw new InvalidOperationException($"{problems[0].Part}: {problems[0].Problem}")
            : compiled.Render(Values(book, contact, url));
    }

    private static Dictionary<string, string> Values(ContactBook book, Contact contact, string url)
    {
        var values = new Dictionary<string, string>(book.Properties, StringComparer.Ordinal);
        foreach (var (name, value) in contact.Properties)
        {
            values[name] = value;
        }

        values["firstName"] = contact.FirstName ?? string.Empty;
        values["lastName"] = contact.LastName ?? string.Empty;
        values["email"] = contact.Address.ToDisplayString();
        values["contactBookName"] = book.Title;
        values[UrlName] = url;
        return values;
    }

    private static (string? Html, string? Problem) Html(string content) => EditorContent.IsDocument(content) ? EditorContent.ToHtml(content) : (content, null);

    [GeneratedRegex(@"\{\{\{?\s*\[?doubleOptInUrl\]?\s*\}?\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex UrlPlace();
}
