using Relay.Platform.Templates;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class TemplateRendererTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly MemoryTemplateStore _store = new();
    private readonly TemplateCache _cache = new();
    private readonly TemplateCompiler _compiler = new();

    public void Dispose() => _compiler.Dispose();

    [Fact]
    public async Task Renders_the_current_version()
    {
        var template = await AddAsync("Hello {{name}}");
        Assert.Equal("Hello Ann", (await RenderAsync(template)).Text);

        await _store.UpdateAsync(template with { Version = 2, Content = new TemplateContent { Text = "Bye {{name}}" } }, 50, None);

        Assert.Equal("Bye Ann", (await RenderAsync(template)).Text);
        Assert.NotNull(_cache.Find(template.Uid, 2));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData("0194f1a0-0000-7000-8000-000000000000")]
    public async Task Unknown_ids_are_not_found(string id) =>
        Assert.Equal(RenderFaultKind.NotFound, (await Renderer().RenderAsync(1, id, new Dictionary<string, string>(), None)).Fault!.Kind);

    [Fact]
    public async Task Foreign_ids_are_not_found_even_when_cached()
    {
        var template = await AddAsync("x");
        await RenderAsync(template);

        var foreign = await Renderer().RenderAsync(2, template.Uid.ToString(), new Dictionary<string, string>(), None);

        Assert.Equal(RenderFaultKind.NotFound, foreign.Fault!.Kind);
    }

    [Fact]
    public async Task A_deleted_template_is_not_found_even_when_cached()
    {
        var template = await AddAsync("x");
        await RenderAsync(template);
        await _store.RemoveAsync(1, template.Uid, None);

        Assert.Equal(RenderFaultKind.NotFound, (await RenderAsync(template)).Fault!.Kind);
    }

    [Fact]
    public async Task A_stored_template_that_no_longer_compiles_is_a_fault()
    {
        var result = await RenderAsync(await AddAsync("a\n{{> partial}}"));

        Assert.Equal(new RenderFault(RenderFaultKind.RenderingFailed, "text: line 2: partials are not supported: a template stands alone"), result.Fault);
    }

    [Fact]
    public void The_cache_holds_what_was_used_last()
    {
        var compiled = CompiledTemplate.Compile(new TemplateContent { Text = "x" }, out _)!;
        var first = Guid.CreateVersion7();
        _cache.Add(first, 1, compiled);
        for (var i = 1; i < TemplateCache.MaxTemplates; i++)
        {
            _cache.Add(Guid.CreateVersion7(), 1, compiled);
        }

        var second = Guid.CreateVersion7();
        Assert.NotNull(_cache.Find(first, 1));
        _cache.Add(second, 1, compiled);

        Assert.Equal(TemplateCache.MaxTemplates, _cache.Count);
        Assert.NotNull(_cache.Find(first, 1));
        Assert.NotNull(_cache.Find(second, 1));
        Assert.Null(_cache.Find(first, 2));
    }

    [Fact]
    public void The_cache_is_bounded_by_the_size_of_sources()
    {
        var large = CompiledTemplate.Compile(new TemplateContent { Text = new string('a', 1024 * 1024) }, out _)!;
        for (var i = 0; i < 30; i++)
        {
            _cache.Add(Guid.CreateVersion7(), 1, large);
        }

        Assert.Equal(16, _cache.Count);
    }

    private async Task<Template> AddAsync(string text) => (await _store.AddAsync(
        new Template
        {
            Uid = Guid.CreateVersion7(),
            AccountId = 1,
            Name = "t",
            Version = 1,
            Content = new TemplateContent { Text = text },
            CreatedAt = DateTimeOffset.UnixEpoch,
            UpdatedAt = DateTimeOffset.UnixEpoch,
        },
        10,
        None))!;

    private TemplateRenderer Renderer() => new(_store, _compiler, _cache);

    private ValueTask<RenderResult> RenderAsync(Template template) =>
        Renderer().RenderAsync(1, template.Uid.ToString(), new Dictionary<string, string> { ["name"] = "Ann" }, None);
}
