using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace Relay.Platform.Public;

/// <summary>A page for recipients: plain HTML that every browser, reader and small screen copes with, nothing from elsewhere, no scripts.</summary>
internal sealed class PublicPage
{
    private const string Style = """
        :root{color-scheme:light dark;--ink:#1a1d21;--dim:#525a64;--ground:#f4f5f7;--card:#fff;--line:#d5d9de;--act:#1d4ed8;--on:#fff}
        @media (prefers-color-scheme:dark){:root{--ink:#eceef1;--dim:#aab2bd;--ground:#15171a;--card:#1f2226;--line:#3a4048;--act:#8ab4ff;--on:#10131a}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
        main{max-width:34rem;margin:0 auto;padding:2rem 1rem}
        section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.5rem;overflow-wrap:anywhere}
        h1{font-size:1.375rem;line-height:1.25;margin:0 0 .75rem}
        p{margin:0 0 1rem}
        .dim{color:var(--dim)}
        form{margin:1rem 0 0}
        fieldset{border:0;margin:0 0 1rem;padding:0}
        legend{padding:0;font-weight:600;margin-bottom:.5rem}
        label{display:block;margin:0 0 .5rem}
        input[type=radio],input[type=checkbox]{width:1.125rem;height:1.125rem;margin:0 .5rem 0 0;vertical-align:-.1875rem;accent-color:var(--act)}
        textarea{display:block;width:100%;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:.5rem;padding:.5rem;margin-top:.25rem}
        button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;border:0;border-radius:.5rem;background:var(--act);color:var(--on);cursor:pointer}
        button.quiet{background:transparent;color:var(--act);border:1px solid var(--act)}
        :focus-visible{outline:3px solid var(--act);outline-offset:2px}
        """;

    private static readonly string StyleHash = "'sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style))) + "'";

    private readonly StringBuilder _body = new();
    private readonly string _title;

    public PublicPage(string title) => _title = title;

    public static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    /// <summary>A paragraph of text.</summary>
    public PublicPage Say(string text, bool isDim = false)
    {
        _body.Append(isDim ? "<p class=\"dim\">" : "<p>").Append(Encode(text)).Append("</p>\n");
        return this;
    }

    /// <summary>What is HTML already, its texts encoded.</summary>
    public PublicPage Add(string html)
    {
        _body.Append(html).Append('\n');
        return this;
    }

    /// <summary>A form that posts to the page's own address.</summary>
    public PublicPage Form(string fields, string button, bool isQuiet = false) =>
        Add($"<form method=\"post\">{fields}<button type=\"submit\"{(isQuiet ? " class=\"quiet\"" : string.Empty)}>{Encode(button)}</button></form>");

    public Task WriteAsync(HttpContext context, int status = StatusCodes.Status200OK)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src {StyleHash}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.WriteAsync(ToHtml(), context.RequestAborted);
    }

    private string ToHtml() => $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>{Encode(_title)}</title>
        <style>{Style}</style>
        </head>
        <body>
        <main>
        <section>
        <h1>{Encode(_title)}</h1>
        {_body}</section>
        </main>
        </body>
        </html>

        """;
}
