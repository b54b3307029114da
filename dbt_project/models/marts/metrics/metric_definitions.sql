-- Written by `guanxi metrics compile` from the definitions beside it, dd680190addbc814. Change those, not this file.
with final as (

    select 'active_customers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '活跃客户数' as name_zh, 'Active customers' as name_en, '期间有互动或购买的客户数，每位只计一次。' as description_zh, 'Customers who interacted or bought in the period, each once.' as description_en
    union all
    select 'active_customers_30d' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, true as is_state, '近 30 天活跃客户数' as name_zh, 'Active in 30 days' as name_en, '近 30 天有互动或购买的客户数。' as description_zh, 'Customers who interacted or bought in the last 30 days.' as description_en
    union all
    select 'active_share' as metric, 'share' as unit, 'up' as direction, 'analytics' as owner, true as is_state, '活跃客户占比' as name_zh, 'Share of active customers' as name_en, '近 30 天活跃客户数除以客户总数。' as description_zh, 'Active in 30 days by customers.' as description_en
    union all
    select 'attended' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '活动到场数' as name_zh, 'Attended activities' as name_en, '实际到场的报名数。' as description_zh, 'Registrations that somebody came to.' as description_en
    union all
    select 'automatic_share' as metric, 'share' as unit, 'up' as direction, 'data-engineering' as owner, true as is_state, '自动采集占比' as name_zh, 'Automatic rows' as name_en, '无需人工的数据源行数除以入库行数。' as description_zh, 'Rows of sources that need nobody''s hand by all that were loaded.' as description_en
    union all
    select 'average_order_value' as metric, 'money' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '客单价' as name_zh, 'Average order value' as name_en, '净收入除以订单数。' as description_zh, 'Net revenue by paid order.' as description_en
    union all
    select 'buyers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '买家数' as name_zh, 'Buyers' as name_en, '期间有已付款订单的客户数，每位只计一次。' as description_zh, 'Known customers with a paid order in the period, each once.' as description_en
    union all
    select 'ces' as metric, 'score' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '费力度 CES' as name_zh, 'CES' as name_en, '费力度平均分。' as description_zh, 'Mean of the effort question, as asked.' as description_en
    union all
    select 'ces_answers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, false as is_state, 'CES 答卷数' as name_zh, 'CES answers' as name_en, '费力度问题的答卷数。' as description_zh, 'Answers to the effort question.' as description_en
    union all
    select 'channels_connected' as metric, 'count' as unit, 'up' as direction, 'data-engineering' as owner, true as is_state, '已接入渠道数' as name_zh, 'Channels connected' as name_en, '已有入库数据的渠道数。' as description_zh, 'Channels of which rows were loaded.' as description_en
    union all
    select 'churned_customers' as metric, 'count' as unit, 'down' as direction, 'analytics' as owner, true as is_state, '流失客户数' as name_zh, 'Churned customers' as name_en, '处于流失阶段的客户数。' as description_zh, 'Customers in the stage churned.' as description_en
    union all
    select 'churned_share' as metric, 'share' as unit, 'down' as direction, 'analytics' as owner, true as is_state, '流失客户占比' as name_zh, 'Share of churned customers' as name_en, '流失客户数除以客户总数。' as description_zh, 'Churned by customers.' as description_en
    union all
    select 'click_rate' as metric, 'share' as unit, 'up' as direction, 'operations' as owner, false as is_state, '点击率' as name_zh, 'Click rate' as name_en, '点击数除以发出数。' as description_zh, 'Clicked by sent messages.' as description_en
    union all
    select 'complaint_rate' as metric, 'share' as unit, 'down' as direction, 'analytics' as owner, false as is_state, '投诉率' as name_zh, 'Complaint rate' as name_en, '投诉数除以工单数。' as description_zh, 'Complaints by ticket.' as description_en
    union all
    select 'complaints' as metric, 'count' as unit, 'down' as direction, 'analytics' as owner, false as is_state, '投诉数' as name_zh, 'Complaints' as name_en, '工单中的投诉数。' as description_zh, 'Complaints among the tickets.' as description_en
    union all
    select 'conversion_rate' as metric, 'share' as unit, 'up' as direction, 'operations' as owner, false as is_state, '转化率' as name_zh, 'Conversion rate' as name_en, '转化数除以发出数。' as description_zh, 'Conversions by sent messages.' as description_en
    union all
    select 'converted_revenue' as metric, 'money' as unit, 'up' as direction, 'operations' as owner, false as is_state, '转化收入' as name_zh, 'Revenue of conversions' as name_en, '转化带来的净收入，以报告币种计。' as description_zh, 'Net revenue of what followed, in the reporting currency.' as description_en
    union all
    select 'core_completeness' as metric, 'share' as unit, 'up' as direction, 'data-engineering' as owner, true as is_state, '核心字段完整率' as name_zh, 'Completeness of core fields' as name_en, '已知核心字段数除以核心字段总数。' as description_zh, 'Known core fields by core fields.' as description_en
    union all
    select 'cross_category_buyers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, true as is_state, '跨品类购买客户数' as name_zh, 'Buyers across categories' as name_en, '买过两个及以上品类的客户数。' as description_zh, 'Customers who bought in two categories or more.' as description_en
    union all
    select 'cross_sell_rate' as metric, 'share' as unit, 'up' as direction, 'analytics' as owner, true as is_state, '交叉购买率' as name_zh, 'Cross-sell rate' as name_en, '跨品类购买客户数除以已知品类的购买客户数。' as description_zh, 'Buyers across categories by those who bought a product of a known category.' as description_en
    union all
    select 'csat' as metric, 'score' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '满意度 CSAT' as name_zh, 'CSAT' as name_en, '满意度平均分（1 至 5 分）。' as description_zh, 'Mean satisfaction, as asked (1 to 5).' as description_en
    union all
    select 'csat_answers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, false as is_state, 'CSAT 答卷数' as name_zh, 'CSAT answers' as name_en, '满意度问题的答卷数。' as description_zh, 'Answers to the satisfaction question.' as description_en
    union all
    select 'customers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, true as is_state, '客户总数' as name_zh, 'Customers' as name_en, '当日客户总数。' as description_zh, 'Customers on the day.' as description_en
    union all
    select 'delivery_rate' as metric, 'share' as unit, 'up' as direction, 'operations' as owner, false as is_state, '送达率' as name_zh, 'Delivery rate' as name_en, '送达数除以发出数。' as description_zh, 'Delivered by sent messages.' as description_en
    union all
    select 'dormant_customers' as metric, 'count' as unit, 'down' as direction, 'analytics' as owner, true as is_state, '沉睡客户数' as name_zh, 'Dormant customers' as name_en, '处于沉睡阶段的客户数。' as description_zh, 'Customers in the stage dormant.' as description_en
    union all
    select 'dormant_share' as metric, 'share' as unit, 'down' as direction, 'analytics' as owner, true as is_state, '沉睡客户占比' as name_zh, 'Share of dormant customers' as name_en, '沉睡客户数除以客户总数。' as description_zh, 'Dormant by customers.' as description_en
    union all
    select 'high_value_customers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, true as is_state, '高价值客户数' as name_zh, 'High-value customers' as name_en, '高价值等级的客户数。' as description_zh, 'Customers of the value tier high.' as description_en
    union all
    select 'interactions' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '互动数' as name_zh, 'Interactions' as name_en, '已识别客户在各渠道的互动次数。' as description_zh, 'Acts of known customers in all channels.' as description_en
    union all
    select 'kept_buyers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '净购买买家数' as name_zh, 'Buyers who kept something' as name_en, '当月有未退净购买的客户数。' as description_zh, 'Customers of the month who bought something that they kept.' as description_en
    union all
    select 'merged_customers' as metric, 'count' as unit, 'up' as direction, 'data-engineering' as owner, true as is_state, '合并客户数' as name_zh, 'Merged customers' as name_en, '由多个来源档案合成的客户数。' as description_zh, 'Customers made from several source profiles.' as description_en
    union all
    select 'messages_clicked' as metric, 'count' as unit, 'up' as direction, 'operations' as owner, false as is_state, '点击消息数' as name_zh, 'Messages clicked' as name_en, '被点击的消息数。' as description_zh, 'Messages that were clicked.' as description_en
    union all
    select 'messages_converted' as metric, 'count' as unit, 'up' as direction, 'operations' as owner, false as is_state, '转化数' as name_zh, 'Conversions' as name_en, '达成活动目标的消息数。' as description_zh, 'Messages followed by the goal of their campaign.' as description_en
    union all
    select 'messages_delivered' as metric, 'count' as unit, 'up' as direction, 'operations' as owner, false as is_state, '送达消息数' as name_zh, 'Messages delivered' as name_en, '已送达的消息数。' as description_zh, 'Messages that arrived.' as description_en
    union all
    select 'messages_opened' as metric, 'count' as unit, 'up' as direction, 'operations' as owner, false as is_state, '打开消息数' as name_zh, 'Messages opened' as name_en, '被打开的消息数。' as description_zh, 'Messages that were opened.' as description_en
    union all
    select 'messages_sent' as metric, 'count' as unit, 'up' as direction, 'operations' as owner, false as is_state, '已发消息数' as name_zh, 'Messages sent' as name_en, '发送工具已接收的消息数。' as description_zh, 'Messages that a tool took.' as description_en
    union all
    select 'messages_unsubscribed' as metric, 'count' as unit, 'down' as direction, 'operations' as owner, false as is_state, '退订数' as name_zh, 'Unsubscribed' as name_en, '引起退订的消息数。' as description_zh, 'Messages answered by unsubscribing.' as description_en
    union all
    select 'need_accuracy' as metric, 'share' as unit, 'up' as direction, 'analytics' as owner, true as is_state, '需求识别准确率' as name_zh, 'Need accuracy' as name_en, '近 90 天有购买且此前已识别偏好品类的客户中，最近一次购买含该品类的占比。' as description_zh, 'Of customers whose preferred category was known before their newest purchase of the last 90 days, those who bought of it.' as description_en
    union all
    select 'negative_answers' as metric, 'count' as unit, 'down' as direction, 'analytics' as owner, false as is_state, '负面评分数' as name_zh, 'Negative scores' as name_en, '问卷与工单满意度中的负面评分数（5 分制的 1、2 分）。' as description_zh, 'Satisfaction scores of surveys and tickets that are negative (1 or 2 of 5).' as description_en
    union all
    select 'negative_rate' as metric, 'share' as unit, 'down' as direction, 'analytics' as owner, false as is_state, '负面率' as name_zh, 'Negative rate' as name_en, '负面评分数除以问卷与工单满意度评分数。' as description_zh, 'Negative by all satisfaction scores of surveys and tickets.' as description_en
    union all
    select 'net_revenue' as metric, 'money' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '净收入' as name_zh, 'Net revenue' as name_en, '期间已付款减退款，以报告币种计。' as description_zh, 'Paid less refunded in the period, in the reporting currency.' as description_en
    union all
    select 'new_customers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '新客数' as name_zh, 'New customers' as name_en, '期间首次出现的客户数。' as description_zh, 'Customers first seen in the period.' as description_en
    union all
    select 'nps' as metric, 'score' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '净推荐值 NPS' as name_zh, 'NPS' as name_en, '每百份答卷中推荐者减贬损者，-100 至 100。' as description_zh, 'Promoters less detractors by 100 answers, -100 to 100.' as description_en
    union all
    select 'nps_answers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, false as is_state, 'NPS 答卷数' as name_zh, 'NPS answers' as name_en, 'NPS 问题的答卷数。' as description_zh, 'Answers to the NPS question.' as description_en
    union all
    select 'open_rate' as metric, 'share' as unit, 'up' as direction, 'operations' as owner, false as is_state, '打开率' as name_zh, 'Open rate' as name_en, '打开数除以发出数。' as description_zh, 'Opened by sent messages.' as description_en
    union all
    select 'orders' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '订单数' as name_zh, 'Orders' as name_en, '已付款订单数，含未识别买家。' as description_zh, 'Paid orders, of unknown buyers too.' as description_en
    union all
    select 'participation_rate' as metric, 'share' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '活动参与率' as name_zh, 'Participation rate' as name_en, '到场数除以报名与邀请数。' as description_zh, 'Attended by registered or invited.' as description_en
    union all
    select 'reachable_customers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, true as is_state, '可触达客户数' as name_zh, 'Reachable customers' as name_en, '有手机号、邮箱、App 账号或企业微信的客户数。' as description_zh, 'Customers with a mobile phone, e-mail address, app account or WeCom contact.' as description_en
    union all
    select 'reachable_share' as metric, 'share' as unit, 'up' as direction, 'analytics' as owner, true as is_state, '可触达客户占比' as name_zh, 'Share of reachable customers' as name_en, '可触达客户数除以客户总数。' as description_zh, 'Reachable by customers.' as description_en
    union all
    select 'refunded_amount' as metric, 'money' as unit, 'down' as direction, 'analytics' as owner, false as is_state, '退款金额' as name_zh, 'Refunds' as name_en, '期间退款金额，以报告币种计。' as description_zh, 'Refunded in the period, in the reporting currency.' as description_en
    union all
    select 'registrations' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '活动报名数' as name_zh, 'Registrations for activities' as name_en, '邀请与报名数。' as description_zh, 'Invitations and registrations.' as description_en
    union all
    select 'repeat_buyers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '复购买家数' as name_zh, 'Repeat buyers' as name_en, '其中此前已购买过的客户数。' as description_zh, 'Of them those who had bought before.' as description_en
    union all
    select 'repurchase_rate' as metric, 'share' as unit, 'up' as direction, 'analytics' as owner, false as is_state, '复购率' as name_zh, 'Repurchase rate' as name_en, '复购买家数除以当月买家数。' as description_zh, 'Repeat buyers by buyers of the month.' as description_en
    union all
    select 'row_accuracy' as metric, 'share' as unit, 'up' as direction, 'data-engineering' as owner, true as is_state, '数据合规率' as name_zh, 'Rows that fit their contract' as name_en, '入库行数除以到达行数。' as description_zh, 'Loaded by delivered rows.' as description_en
    union all
    select 'rows_loaded' as metric, 'count' as unit, 'up' as direction, 'data-engineering' as owner, true as is_state, '入库行数' as name_zh, 'Rows loaded' as name_en, '其中已入库的行数。' as description_zh, 'Those that were loaded.' as description_en
    union all
    select 'rows_read' as metric, 'count' as unit, 'up' as direction, 'data-engineering' as owner, true as is_state, '到达行数' as name_zh, 'Rows read' as name_en, '各渠道累计到达行数。' as description_zh, 'Rows that channels delivered so far.' as description_en
    union all
    select 'source_coverage' as metric, 'share' as unit, 'up' as direction, 'data-engineering' as owner, true as is_state, '数据源接入率' as name_zh, 'Source coverage' as name_en, '已接入数据源数除以企业数据源数。' as description_zh, 'Connected sources by those that the company has.' as description_en
    union all
    select 'sources_connected' as metric, 'count' as unit, 'up' as direction, 'data-engineering' as owner, true as is_state, '已接入数据源数' as name_zh, 'Sources connected' as name_en, '企业数据源中已有入库数据的个数。' as description_zh, 'Sources of data that the company has and of which rows were loaded.' as description_en
    union all
    select 'strategic_opportunities' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, true as is_state, '战略机会数' as name_zh, 'Strategic opportunities' as name_en, '客户回顾中发现且仍开放的机会数，登记在种子 strategic_opportunities。' as description_zh, 'Opportunities of account reviews that are open, rows of the seed strategic_opportunities.' as description_en
    union all
    select 'tag_coverage' as metric, 'share' as unit, 'up' as direction, 'analytics' as owner, true as is_state, '标签覆盖率' as name_zh, 'Tag coverage' as name_en, '标签达标客户数除以活跃客户数。' as description_zh, 'Well-tagged by active customers.' as description_en
    union all
    select 'tickets' as metric, 'count' as unit, 'down' as direction, 'analytics' as owner, false as is_state, '工单数' as name_zh, 'Tickets' as name_en, '客服工单数。' as description_zh, 'Service tickets.' as description_en
    union all
    select 'timeliness' as metric, 'share' as unit, 'up' as direction, 'data-engineering' as owner, true as is_state, '行为数据及时率' as name_zh, 'Behaviour known in time' as name_en, '一周的互动中次日内已入库的占比，以一周后已知为准。' as description_zh, 'Of a week''s interactions known a week later, those known by the end of the day after them.' as description_en
    union all
    select 'unsubscribe_rate' as metric, 'share' as unit, 'down' as direction, 'operations' as owner, false as is_state, '退订率' as name_zh, 'Unsubscribe rate' as name_en, '退订数除以发出数。' as description_zh, 'Unsubscribed by sent messages.' as description_en
    union all
    select 'well_tagged_customers' as metric, 'count' as unit, 'up' as direction, 'analytics' as owner, true as is_state, '标签达标客户数' as name_zh, 'Well-tagged customers' as name_en, '标签不少于二十个的活跃客户数，每类最多计两个。' as description_zh, 'Active customers with at least twenty tags, at most two of a family counted.' as description_en

)

select * from final
