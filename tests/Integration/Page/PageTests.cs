using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>The operations page in a real browser: one start of the browser for all of it.</summary>
public sealed class PageTests : IAsyncLifetime
{
    private const int MaxWeightBytes = 200 * 1024;
    private const string Picture = "https://pictures.example.com/x.png";
    private static readonly string[] Lists =
        ["overview", "queue", "queue?tab=ages", "captured", "events", "destinations", "bounces", "suppressions", "domains", "users", "egress", "audit", "settings"];

    private readonly ConcurrentQueue<string> _faults = new();
    private readonly SmtpSink _refusing = SmtpSink.Start(new SmtpSinkOptions { Recipient = _ => "550 5.1.1 no such user" });
    private readonly List<string> _views = [.. Lists];

    private RelayProcess Relay { get; } = new();

    public Task InitializeAsync()
    {
        Relay.Configure("[route.\"captured.test\"]\ntype = \"capture\"\n[route.\"unreachable.test\"]\nsmarthost = \"127.0.0.1:1\"\n[retry]\nschedule = [\"1h\"]\n"
            + string.Create(CultureInfo.InvariantCulture, $"[route.\"refused.test\"]\nsmarthost = \"127.0.0.1:{_refusing.Port}\"\n[abuse]\nunknown_streak = 5\n"));
        return Relay.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await Relay.DisposeAsync();
        await _refusing.DisposeAsync();
    }

    [PeerFact("chromium")]
    public async Task An_operator_sees_finds_and_steers()
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = PeerFactAttribute.FindExecutable("chromium"), Args = ["--no-sandbox"] });
        await using var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1600, Height = 1000 }, ColorScheme = ColorScheme.Light });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(60_000);
        Watch(page);

        await SignInAsync(page);
        await NumbersChangeAsync(page);
        await KeyboardKeepsItsPlaceAsync(page);
        await HoldAndReleaseAsync(page);
        await SuspendAndResumeAsync(page);
        await SendAnotherWayAndGiveUpAsync(page);
        await ReadCapturedAsync(page);
        await SuppressAsync(page);
        await ManageAsync(page);
        await TripTheBrakeAsync(page);
        await AskWhatReceiversSayAsync(page);
        await NoViewOverflowsOrFailsAsync(page, "light");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await UntilAsync(page, "document.documentElement.dataset.theme === 'dark'");
        await page.SetViewportSizeAsync(360, 780);
        await NoViewOverflowsOrFailsAsync(page, "dark");
        await ReleaseTheBrakeAsync(page);

        Assert.Empty(_faults);
    }

    private async Task SignInAsync(IPage page)
    {
        var responses = new ConcurrentQueue<IResponse>();
        page.Response += (_, response) => responses.Enqueue(response);
        await page.GotoAsync(Url(string.Empty));
        await page.FillAsync("#token", "rt_wrong");
        await page.ClickAsync("#login-form button");
        await page.GetByText("The token is not valid").WaitForAsync();
        await page.FillAsync("#token", Token());
        await page.ClickAsync("#login-form button");
        await page.GetByText("No mail yet.").WaitForAsync();
        Assert.Contains($"swaks --server 127.0.0.1:{Relay.SmtpPort}", await page.InnerTextAsync("#main"), StringComparison.Ordinal);
        var weight = 0;
        foreach (var response in responses.Where(response => response.Ok && !response.Url.Contains("/admin/", StringComparison.Ordinal)))
        {
            weight += (await response.BodyAsync()).Length;
        }

        Assert.InRange(weight, 10_000, MaxWeightBytes);
    }

    private async Task NumbersChangeAsync(IPage page)
    {
        await SendAsync("delivered@simulator.relay.test", "first");
        await SendAsync("defer@simulator.relay.test", "waits for later");
        await page.Locator("#count-queue", new() { HasText = "1" }).WaitForAsync();
        await page.GetByText("1 in the last hour").WaitForAsync();
    }

    // What is pressed is drawn anew: the focus must not fall back to the top of the page.
    private static async Task KeyboardKeepsItsPlaceAsync(IPage page)
    {
        await page.ClickAsync("#nav-queue");
        var filter = page.GetByRole(AriaRole.Button, new() { Name = "Delivered", Exact = true });
        await filter.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await UntilAsync(page, "document.activeElement.textContent === 'Delivered' && document.activeElement.getAttribute('aria-pressed') === 'true'");
        await page.GetByRole(AriaRole.Button, new() { Name = "Open", Exact = true }).ClickAsync();
    }

    private async Task HoldAndReleaseAsync(IPage page)
    {
        await page.ClickAsync("#nav-queue");
        await page.FillAsync("#main input[type=search]", "waits for");
        await page.ClickAsync("text=defer@simulator.relay.test");
        await page.GetByText("simulated deferral").First.WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Hold" }).First.ClickAsync();
        await page.ClickAsync("#ask-yes");
        await page.GetByText("1 recipient held").WaitForAsync();
        await page.GetByText("It is held until somebody releases it").WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Release" }).First.ClickAsync();
        await page.ClickAsync("#ask-yes");
        await page.GetByText("1 recipient released").WaitForAsync();
        Assert.Contains(
            (await Relay.GetAsync("/admin/v1/audit?limit=20")).GetProperty("entries").EnumerateArray(), entry => entry.Word("action") == "queue.release");
    }

    private async Task SuspendAndResumeAsync(IPage page)
    {
        await page.ClickAsync("#nav-destinations");
        await page.GetByText("Operators suspended nothing.").WaitForAsync();
        await page.Locator("section", new() { HasText = "Suspended by operators" }).GetByRole(AriaRole.Button, new() { Name = "Suspend…" }).ClickAsync();
        await page.SelectOptionAsync("#ask select[name=scope]", "domain");
        await page.FillAsync("#ask input[name=name]", "slow.example");
        await page.FillAsync("#ask input[name=reason]", "they move");
        await page.SelectOptionAsync("#ask select[name=seconds]", "7200");
        await page.ClickAsync("#ask-yes");
        await page.GetByText("domain slow.example is suspended").WaitForAsync();
        await page.ClickAsync("#nav-overview");
        await page.Locator("section", new() { HasText = "Paused" }).Locator("tr", new() { HasText = "slow.example" }).GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await page.ClickAsync("#ask-yes");
        await page.GetByText("domain slow.example flows again").WaitForAsync();
        Assert.Empty((await Relay.GetAsync("/admin/v1/suspensions")).GetProperty("entries").EnumerateArray());
    }

    private async Task SendAnotherWayAndGiveUpAsync(IPage page)
    {
        await SendAsync("away@unreachable.test", "another way");
        await Relay.ReachesAsync("away@unreachable.test", "deferred");
        await ActAsync(page, "away@unreachable.test", "Send another way…", () => page.FillAsync("#ask input[name=to]", "route:captured.test"), "1 recipient sent another way");
        await Relay.ReachesAsync("away@unreachable.test", "captured");
        await SendAsync("defer+lost@simulator.relay.test", "given up");
        await Relay.ReachesAsync("defer+lost@simulator.relay.test", "deferred");
        await ActAsync(page, "defer+lost@simulator.relay.test", "Give up…", () => page.FillAsync("#ask input[name=reason]", "nobody reads it"), "1 recipient given up");
        await Relay.ReachesAsync("defer+lost@simulator.relay.test", "bounced");

        // All of a state at once, in the background, with how far it is.
        await page.GotoAsync(Url("#/queue?state=deferred"));
        await page.SelectOptionAsync("#main select", "hold");
        await page.GetByText("Every recipient that is deferred.").WaitForAsync();
        await page.ClickAsync("#ask-yes");
        await page.GetByText("recipient held").Last.WaitForAsync();
    }

    private async Task ActAsync(IPage page, string recipient, string act, Func<Task> answer, string done)
    {
        await page.GotoAsync(Url("#/queue?search=" + Uri.EscapeDataString(recipient)));
        await page.ClickAsync("text=" + recipient);
        await page.GetByRole(AriaRole.Button, new() { Name = act }).First.ClickAsync();
        await answer();
        await page.ClickAsync("#ask-yes");
        await page.GetByText(done).WaitForAsync();
    }

    private async Task ReadCapturedAsync(IPage page)
    {
        await SmtpTalk.SubmitAsync(
            Relay.SmtpPort, "a@example.com", ["b@captured.test"],
            "From: a@example.com\r\nTo: b@captured.test\r\nSubject: a page\r\nContent-Type: text/html\r\n\r\n<p id=\"hello\">Hello reader</p><script>parent.document.title='taken'</script><img src=\"https://pictures.example.com/x.png\">\r\n"u8.ToArray());

        // The view opens what is the newest when it is called, and another message was captured before.
        await Relay.ReachesAsync("b@captured.test", "captured");
        await page.ClickAsync("#nav-captured");
        await page.Locator(".mails a", new() { HasText = "a page" }).ClickAsync();
        await page.FrameLocator("iframe").Locator("#hello").WaitForAsync();
        Assert.NotEqual("taken", await page.TitleAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Findings" }).ClickAsync();
        await page.GetByText("The HTML has scripts").WaitForAsync();
    }

    private static async Task SuppressAsync(IPage page)
    {
        await page.ClickAsync("#nav-suppressions");
        await page.GetByText("No address is suppressed").WaitForAsync();
        await page.FillAsync("input[name=address]", "gone@example.net");
        await page.GetByRole(AriaRole.Button, new() { Name = "Suppress", Exact = true }).ClickAsync();
        await page.GetByText("gone@example.net is suppressed").WaitForAsync();
        await page.Locator("td", new() { HasText = "gone@example.net" }).WaitForAsync();
    }

    private async Task TripTheBrakeAsync(IPage page)
    {
        for (var i = 0; i < 5; i++)
        {
            await SendAsync(string.Create(CultureInfo.InvariantCulture, $"nobody{i}@refused.test"), "guessed");
        }

        await page.ClickAsync("#nav-overview");
        var card = page.Locator("section", new() { HasText = "Braked" });
        await card.GetByText("stream transactional").WaitForAsync();
        await card.GetByText("unknown users").WaitForAsync();
        await card.GetByText("5 recipients in a row do not exist").WaitForAsync();
        await SendAsync("kept@captured.test", "kept back");
        var held = await Relay.ReachesAsync("kept@captured.test", "held");
        _views.Add("message/" + held.Word("messageId"));
    }

    private async Task AskWhatReceiversSayAsync(IPage page)
    {
        await page.GotoAsync(Url("#/" + _views[^1]));
        var message = page.Locator("section", new() { HasText = "What receivers would say" });
        await message.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await message.GetByText("Relay has no key that signs for example.com").WaitForAsync();
        var content = await page.Locator("section.card", new() { HasText = "Header fields" }).BoundingBoxAsync();
        var above = await message.BoundingBoxAsync();
        Assert.InRange(content!.Y - above!.Y - above.Height, 8, 40);

        await page.ClickAsync("#nav-domains");
        var domain = page.Locator("section", new() { HasText = "What large receivers ask" });
        await domain.GetByLabel("Domain of From").FillAsync("sender.invalid");
        await domain.GetByRole(AriaRole.Button, new() { Name = "Check" }).ClickAsync();
        await domain.Locator(".finding", new() { HasText = "dkim-key" }).WaitForAsync();
        await domain.GetByText("relay dkim generate").WaitForAsync();
    }

    private async Task ReleaseTheBrakeAsync(IPage page)
    {
        await page.GotoAsync(Url("#/overview"));
        await page.Locator("section", new() { HasText = "Braked" }).GetByRole(AriaRole.Button, new() { Name = "Release" }).ClickAsync();
        await page.ClickAsync("#ask-yes");
        await page.GetByText("1 held recipient goes").WaitForAsync();
        await page.Locator("section", new() { HasText = "Braked" }).WaitForAsync(new() { State = WaitForSelectorState.Hidden });
        await Relay.ReachesAsync("kept@captured.test", "captured");
    }

    /// <summary>Logins, accounts, limits, and the export of what is known of an address.</summary>
    private async Task ManageAsync(IPage page)
    {
        await page.ClickAsync("#nav-users");
        await AskAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "New login" }), ("name", "printer"), ("senders", "example.com, example.net"));
        await page.ClickAsync("#ask-yes");
        await Row(page, "printer").GetByText("as example.com, example.net", new() { Exact = true }).WaitForAsync();
        await AskAsync(page, Row(page, "printer").GetByRole(AriaRole.Button, new() { Name = "Limits…" }), ("emailsPerHour", "7"), ("recipientsPerDay", "0"));
        await page.GetByText("7 e-mails per hour · no limit of recipients per day").WaitForAsync();
        await AskAsync(page, Row(page, "printer").GetByRole(AriaRole.Button, new() { Name = "Defaults…" }), ("tags", "paper"));
        await page.GetByText("by default paper").WaitForAsync();
        var login = (await Relay.GetAsync("/admin/v1/users")).GetProperty("entries")[0];
        Assert.Equal((2, 7), (login.GetProperty("senders").GetArrayLength(), login.GetProperty("limits").GetProperty("emailsPerHour").GetInt32()));

        await AskAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "New account" }), ("name", "shop"));
        await AskAsync(page, Row(page, "shop").GetByRole(AriaRole.Button, new() { Name = "Rename…" }), ("name", "store"));
        await AskAsync(page, Row(page, "store").GetByRole(AriaRole.Button, new() { Name = "Time zone…" }), ("zone", "Europe/Vienna"));
        await page.GetByText("clock of Europe/Vienna").WaitForAsync();
        await AskAsync(page, Row(page, "store").GetByRole(AriaRole.Button, new() { Name = "Limits…" }), ("requestsPerSecond", "3"));
        await page.GetByText("3 api requests per second").WaitForAsync();

        await page.ClickAsync("#nav-settings");
        var privacy = page.Locator("section", new() { HasText = "Everything known of an address" });
        await privacy.Locator("input[name=address]").FillAsync("joe@example.net");
        await privacy.GetByRole(AriaRole.Button, new() { Name = "Export" }).ClickAsync();
        await page.GetByText("address-export").First.WaitForAsync();
        await privacy.Locator("input[name=address]").FillAsync("joe@example.net");
        await AskAsync(page, privacy.GetByRole(AriaRole.Button, new() { Name = "Erase…" }), ("again", "jim@example.net"));
        await page.GetByText("the two addresses differ").WaitForAsync();
        await AskAsync(page, privacy.GetByRole(AriaRole.Button, new() { Name = "Erase…" }), ("again", "joe@example.net"));
        await page.GetByText("address-erasure").First.WaitForAsync();
    }

    // The browser's own waiting evaluates text in the page, which its policy forbids.
    private static Task UntilAsync(IPage page, string condition) => Poll.UntilAsync(condition, async () => await page.EvaluateAsync<bool>(condition));

    private static ILocator Row(IPage page, string name) => page.Locator("#main tr", new() { HasText = name });

    private static async Task AskAsync(IPage page, ILocator button, params IReadOnlyList<(string Field, string Value)> answers)
    {
        await button.ClickAsync();
        foreach (var (field, value) in answers)
        {
            await page.FillAsync($"#ask input[name={field}]", value);
        }

        await page.ClickAsync("#ask-yes");
    }

    /// <summary>Every view at this width: nothing wider than the window, nothing serious in the eyes of axe.</summary>
    private async Task NoViewOverflowsOrFailsAsync(IPage page, string name)
    {
        var axe = Path.Combine(TestData.Root, "tests", "Integration", "node", "node_modules", "axe-core", "axe.min.js");
        foreach (var view in _views)
        {
            await page.GotoAsync(Url("#/" + view));
            await page.Locator("#main section, #main .card").First.WaitForAsync();
            await UntilAsync(page, "document.querySelector('#main').textContent.length > 20");
            var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth");
            if (overflow > 0)
            {
                _faults.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{view} {name} is {overflow} px too wide"));
            }

            // Who searches must see what was typed.
            foreach (var box in await page.EvaluateAsync<string[]>("[...document.querySelectorAll('#main input[type=search]')].filter(b => b.offsetWidth < 140).map(b => b.placeholder + ' ' + b.offsetWidth)"))
            {
                _faults.Enqueue($"{view} {name}: search box too narrow: {box} px");
            }

            foreach (var label in await page.EvaluateAsync<string[]>("[...document.querySelectorAll('#main label.check')].filter(l => l.offsetHeight > 30).map(l => l.textContent)"))
            {
                _faults.Enqueue($"{view} {name}: the words beside a box to tick are broken into lines: {label}");
            }

            if (await page.EvaluateAsync<bool>("[...document.querySelectorAll('.plot')].some(p => p.querySelector('.y-axis').getBoundingClientRect().right > p.querySelector('.chart').getBoundingClientRect().left)"))
            {
                _faults.Enqueue($"{view} {name}: the words of the axis lie over the lines of the chart");
            }

            foreach (var text in await page.EvaluateAsync<string[]>("[...document.querySelectorAll('#main td')].filter(t => t.offsetHeight > 150).map(t => t.textContent.slice(0, 60) + ' ' + t.offsetHeight)"))
            {
                _faults.Enqueue($"{view} {name}: a cell too high for a list: {text} px");
            }

            if (File.Exists(axe))
            {
                await page.EvaluateAsync(await File.ReadAllTextAsync(axe));
                var findings = await page.EvaluateAsync<JsonElement>(
                    "axe.run().then(r => r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => v.id + ' ' + v.nodes[0].html.slice(0, 120)))");
                foreach (var finding in findings.EnumerateArray())
                {
                    _faults.Enqueue($"{view} {name}: {finding}");
                }
            }
        }
    }

    private void Watch(IPage page)
    {
        page.Console += (_, message) =>
        {
            // The captured mail's script and picture are stopped by the frame and the policy, and the wrong token is refused: what the test wants to see.
            string[] wanted = ["Blocked script execution", Picture, "status of 401"];
            if (message.Type == "error" && !wanted.Any(part => message.Text.Contains(part, StringComparison.Ordinal)))
            {
                _faults.Enqueue("console: " + message.Text);
            }
        };
        page.PageError += (_, error) => _faults.Enqueue("error: " + error);
        page.RequestFinished += (_, request) => LookAt(request);
        page.RequestFailed += (_, request) =>
        {
            // One that the policy stops never leaves the browser.
            if (request.Failure != "csp")
            {
                LookAt(request);
            }
        };
    }

    private void LookAt(IRequest request)
    {
        var isOurs = request.Url.StartsWith(Url(string.Empty), StringComparison.Ordinal) || request.Url.StartsWith("data:", StringComparison.Ordinal);
        if (!isOurs)
        {
            _faults.Enqueue($"request to {request.Url}: {request.Failure}");
        }
    }

    private async Task SendAsync(string to, string subject) =>
        await SmtpTalk.SubmitAsync(Relay.SmtpPort, "a@example.com", [to], Encoding.ASCII.GetBytes($"From: a@example.com\r\nSubject: {subject}\r\n\r\nHello\r\n"));

    private string Url(string path) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Relay.AdminPort}/{path}");

    private string Token() => File.ReadAllText(Path.Combine(Relay.DataFolder, "admin.token")).Trim();
}
