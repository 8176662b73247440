using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>A relay with API and public listener, a verified domain, a destination, and a recipient with a browser.</summary>
public sealed partial class PublicWorld : IAsyncLifetime
{
    private readonly int _publicPort = LoopbackPorts.Free();
    private readonly HttpClient _browser = new(new HttpClientHandler { AllowAutoRedirect = false });

    public ApiWorld World { get; } = new();

    public ApiClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await World.StartAsync(
            "requests_per_second = 0",
            string.Create(CultureInfo.InvariantCulture, $"[public]\nendpoint = \"127.0.0.1:{_publicPort}\"\npublic_url = \"http://127.0.0.1:{_publicPort}\"\n"));
        Client = await World.ClientAsync("public");
        await World.VerifiedDomainAsync(Client, "sender.test");
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        Client?.Dispose();
        await World.DisposeAsync();
    }

    public async Task<string> BookAsync(string fields)
    {
        var answer = await Client.PostAsync("/v1/contactBooks", fields);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Word("id");
    }

    public async Task<string> AddAsync(string book, string fields)
    {
        var answer = await Client.PostAsync($"/v1/contactBooks/{book}/contacts", fields);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Word("contactId");
    }

    public async Task<string> StatusAsync(string book, string contact) => (await Client.GetAsync($"/v1/contactBooks/{book}/contacts/{contact}")).Word("status");

    /// <summary>The mail to a recipient that comes as number <paramref name="number"/>, from 1.</summary>
    public async Task<SinkMessage> MailAsync(string recipient, int number = 1)
    {
        SinkMessage? found = null;
        await Poll.UntilAsync($"mail {number} for {recipient} arrives", () =>
            (found = World.Sink.Messages.Where(m => m.Recipients.Contains(recipient)).ElementAtOrDefault(number - 1)) is not null);
        return found!;
    }

    /// <summary>The address of a public page in a mail, its soft line breaks undone.</summary>
    public static string LinkIn(SinkMessage mail, string page) =>
        Link().Matches(mail.Text.Replace("=\r\n", "", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal)).Select(m => m.Value).First(url => url.Contains($"/{page}/", StringComparison.Ordinal));

    public async Task<(HttpStatusCode Status, string Html, HttpResponseMessage Answer)> GetAsync(string url)
    {
        var answer = await _browser.GetAsync(new Uri(url));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer);
    }

    public async Task<(HttpStatusCode Status, string Html)> PostAsync(string url, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        using var answer = await _browser.PostAsync(new Uri(url), form);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task<HttpStatusCode> SendAsync(HttpMethod method, string url)
    {
        using var request = new HttpRequestMessage(method, url);
        using var answer = await _browser.SendAsync(request);
        return answer.StatusCode;
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:[0-9]+/[a-z]/[A-Za-z0-9_\-]+")]
    private static partial Regex Link();
}
